package explain

import "fmt"

// Awaiting says what a wish to be told of a port means.
func Awaiting(port uint16) string {
	return fmt.Sprintf("You will be told once, as soon as a program listens on port %d.", port)
}

// NotAwaiting says that such a wish was taken back.
func NotAwaiting(port uint16) string { return fmt.Sprintf("Port %d is not waited for any more.", port) }

// ArrivedTitle and ArrivedBody are the notice that such a wish ends with: "Port
// 62893 is used now", "python3 listens on 127.0.0.1:62893. You asked to be told."
func ArrivedTitle(port uint16) string { return fmt.Sprintf("Port %d is used now", port) }

// ArrivedBody names who listens there; program and address are clean.
func ArrivedBody(program, address string) string {
	return fmt.Sprintf("%s listens on %s. You asked to be told.", program, address)
}
