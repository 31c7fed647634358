/* Puts a slider's number into the line of the code that gives its variable a value. */

export function assigned(source, name, value) {
  return source.replace(new RegExp(`^(${name} *= *)[-+\\d._eE]+`, "m"), (_, start) => start + value);
}
