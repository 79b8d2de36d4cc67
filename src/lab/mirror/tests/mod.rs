mod failover;

mod link;
mod seeding;
mod trust;
