mod matrix;
mod mutants;
mod nights;
mod sleeper;
mod tight;
mod wave;
mod whole;
