mod matrix;
mod whole;
