mod matrix;
mod nights;
mod whole;
