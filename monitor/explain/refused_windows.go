package explain

import "golang.org/x/sys/windows"

// refused is the system's word for a connection that nobody takes. The syscall
// package's own ECONNREFUSED is made up on Windows and never comes.
const refused = windows.WSAECONNREFUSED
