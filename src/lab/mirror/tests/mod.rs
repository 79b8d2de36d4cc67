mod failover;
mod fixture;
mod link;
mod seeding;
mod trust;
