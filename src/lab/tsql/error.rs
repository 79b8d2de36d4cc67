//! A server message: error (class 11 and above) or information (10 and below).

/// One ERROR or INFO token's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    pub number: i32,
    /// Severity ("class" on the wire).
    pub class: u8,
    pub state: u8,
    pub message: String,
    /// Line of the batch, counted from 1; 0 until the executor fills it in.
    pub line: u32,
    /// Procedure the error was raised in, empty outside of one.
    pub procedure: String,
}

/// Short form used all over the lab.
pub type SqlResult<T> = Result<T, SqlError>;

impl SqlError {
    /// An error with state 1.
    pub fn new(number: i32, class: u8, message: impl Into<String>) -> Self {
        Self { number, class, state: 1, message: message.into(), line: 0, procedure: String::new() }
    }
    /// Same with another state.
    #[must_use]
    pub fn state(mut self, state: u8) -> Self {
        self.state = state;
        self
    }
    /// True if it travels as INFO.
    pub fn is_info(&self) -> bool {
        self.class <= 10
    }
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Msg {}, Level {}, State {}, Line {}: {}",
            self.number, self.class, self.state, self.line, self.message
        )
    }
}
impl std::error::Error for SqlError {}
