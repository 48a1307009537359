// Package explain says in plain words what an address means, who can reach it
// and which program is behind it. The same fact has the same words in the tray,
// the window and the terminal because they are made here.
package explain

import "portreeve/monitor/process"

// Program names a listener's topmost owner for people.
func Program(owners []process.Info, hidden string) string { return "" }
