//go:build !windows

package explain

import "syscall"

// refused is the system's word for a connection that nobody takes.
const refused = syscall.ECONNREFUSED
