// Package greeting makes greetings.
package greeting

// For greets somebody.
func For(name string) string {
	if name == "" {
		name = "world"
	}
	return "hello " + name
}
