//! Checks that no table breaks: what they look at was settled on the day of the installation, or needs two estates. Each has
//! a test of its own: the estate as it is is green, one thing is otherwise, and just that turns.

/// Check, file under `tests/it`, test.
pub const OWN: &[(&str, &str, &str)] = &[
    ("instance.build", "odd", "a_build_that_lacks_the_link"),
    ("instance.link_procedures", "odd", "a_2016_without_its_pack"),
    ("instance.edition", "odd", "an_edition_that_cannot_link"),
    ("instance.system", "odd", "a_client_windows"),
    ("instance.server_name", "odd", "a_machine_that_was_renamed"),
    ("instance.clustered", "odd", "a_failover_cluster_instance_is_a_warning"),
    ("instance.named", "odd", "a_named_instance_on_the_default_port_is_a_warning"),
    ("instance.collation", "odd", "another_collation"),
    ("managed.reachable", "odd", "a_target_that_is_no_managed_instance"),
    ("managed.database_limit", "odd", "more_than_the_instance_holds"),
    ("managed.file_count", "odd", "more_than_the_instance_holds"),
    ("managed.disks", "odd", "more_than_the_instance_holds"),
    ("managed.capacity", "odd", "a_target_that_is_smaller_is_a_warning"),
    ("link.name", "odd", "a_link_of_this_name_for_another_database"),
    ("drill.recent", "fog", "a_cutover_waits_for_the_drill_that_the_policy_asks_for"),
];
