mod matrix;
mod mutants;
mod nights;
mod sleeper;
mod whole;
