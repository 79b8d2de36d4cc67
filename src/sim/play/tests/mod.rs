mod matrix;
mod mutants;
mod neighbours;
mod nights;
mod sleeper;
mod tight;
mod wave;
mod whole;
