mod matrix;
mod mutants;
mod nights;
mod whole;
