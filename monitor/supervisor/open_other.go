//go:build !unix

package supervisor

// nonblock: these platforms have no pipes among the files.
const nonblock = 0
