package autostart

import (
	"bytes"
	"encoding/xml"
)

// label names the agent; its file is called so, too (launchd.plist(5)).
const label = "io.github.portreeve.Portreeve"

// launchAgent makes the file that has launchd start the program when its user
// logs in to the desktop. It is pure.
func launchAgent(program string) ([]byte, error) {
	var path bytes.Buffer
	if err := xml.EscapeText(&path, []byte(program)); err != nil {
		return nil, err
	}
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + label + `</string>
	<key>ProgramArguments</key>
	<array>
		<string>` + path.String() + `</string>
		<string>` + Command + `</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>LimitLoadToSessionType</key>
	<string>Aqua</string>
	<key>ProcessType</key>
	<string>Interactive</string>
</dict>
</plist>
`), nil
}
