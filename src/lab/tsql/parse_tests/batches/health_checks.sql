-- findings collected in a table
SET NOCOUNT ON;
DECLARE @StringToExecute NVARCHAR(4000), @ProductVersion NVARCHAR(128), @Major DECIMAL(10,2), @Msg varchar(8000);
SET @ProductVersion = CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128));
SELECT @Major = SUBSTRING(@ProductVersion, 1, CHARINDEX('.', @ProductVersion) + 1), @Msg = ISNULL(@Msg, '') + PARSENAME(CONVERT(varchar(32), @ProductVersion), 2);
CREATE TABLE #Results (ID INT IDENTITY(1, 1), CheckID INT, Priority TINYINT, Finding VARCHAR(200) NOT NULL, Details NVARCHAR(4000), URL varchar(200));
IF NOT EXISTS (SELECT 1 FROM #Results WHERE CheckID = 1)
    BEGIN
        IF @Major >= 11 AND @Major <> 12
            BEGIN
                SET @StringToExecute = N'INSERT INTO #Results (CheckID, Priority, Finding, Details)
                SELECT 2, 50, ''Database not in an AG'', name FROM sys.databases d WHERE d.replica_id IS NULL OPTION (RECOMPILE);';
                EXECUTE (@StringToExecute);
            END
        ELSE IF @Major = 12
            EXEC sys.sp_executesql @StringToExecute, N'@p int, @q int OUTPUT', @p = 1, @q = @Major OUTPUT;
        ELSE
            BEGIN TRY
                INSERT INTO #Results (CheckID, Priority, Finding)
                EXEC ('SELECT 1, 1, ''x''')
            END TRY
            BEGIN CATCH
                SELECT @Msg = ERROR_MESSAGE(); RAISERROR(@Msg, 0, 1) WITH NOWAIT;
            END CATCH
    END;
SELECT Priority, Finding, Details, 'https://x/' + CAST(CheckID AS varchar(10)) AS URL FROM #Results ORDER BY Priority, CheckID;
DROP TABLE IF EXISTS #Results;
