//! Build commands.

fn main() {}
