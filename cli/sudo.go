package cli

import "runtime"

// sudo tells whether hints may name sudo: Windows has none to rely on.
const sudo = runtime.GOOS != "windows"
