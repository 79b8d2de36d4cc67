//! The activity log, asked for one resource group since a moment.

use super::client::Arm;
use super::resource::activity::ActivityEvent;
use crate::base::error::During;
use crate::base::error::Error;
use crate::base::error::Result;
use crate::model::ids::ResourceGroup;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::Url;

const API_VERSION_ACTIVITY: &str = "2015-04-01";

impl Arm {
    /// Newest first. The service keeps 90 days.
    pub async fn activity(&self, group: &ResourceGroup, since: OffsetDateTime) -> Result<Vec<ActivityEvent>> {
        let resource_group = group.name.as_str();
        if resource_group.contains('\'') {
            return Err(Error::usage(format!("`{resource_group}` is no name of a resource group")));
        }
        let subscription = self.config().subscription_of(group);
        let path =
            ["subscriptions", subscription, "providers", "Microsoft.Insights", "eventtypes", "management", "values"];
        let url = self.config().url(&path, API_VERSION_ACTIVITY)?;
        let mut url = Url::parse(&url).map_err(|e| Error::bug("a URL that was just made").caused_by(e))?;
        let since = since.format(&Rfc3339).map_err(|e| Error::bug("a time that cannot be written").caused_by(e))?;
        let filter = format!("eventTimestamp ge '{since}' and resourceGroupName eq '{resource_group}'");
        url.query_pairs_mut().append_pair("$filter", &filter);
        self.list(url.to_string()).await.during(|| format!("reading the activity log of {resource_group}"))
    }
}
