mod matrix;
mod mutants;
mod neighbours;
mod nights;
mod sleeper;
mod whole;
