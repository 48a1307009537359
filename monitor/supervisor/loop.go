package supervisor

// Loops: a shell that runs a program again whenever it ends. What the shell was
// told is in its arguments (sh -c) or in the script that it runs.

import (
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"portreeve/monitor/process"
)

// loopOf reports whether a process is a shell that runs child, the process
// below it, in an endless loop. read gives the text of a script.
func loopOf(p, child process.Info, read func(file string) string) (restarter, bool) {
	if interpreter(p.Name) != "sh" {
		return restarter{}, false
	}
	text, name := shellText(p, read)
	for _, words := range loops(text) {
		if runs(words, child) {
			return restarter{kind: Loop, name: name, restarts: true, policy: "loop"}, true
		}
	}
	return restarter{}, false
}

// shellText gives what a shell was told to run and a name for it: the script's,
// or the shell's own.
func shellText(p process.Info, read func(string) string) (text, name string) {
	for i := 1; i < len(p.Args); i++ {
		word := p.Args[i]
		switch {
		case word == "--rcfile" || word == "--init-file":
			i++
		case strings.HasPrefix(word, "--") && word != "--":
		case len(word) > 1 && (word[0] == '-' || word[0] == '+') && word != "--":
			// -c may stand among other letters: sh -ec 'text'.
			if word[0] == '-' && strings.Contains(word, "c") {
				if i+1 < len(p.Args) {
					return p.Args[i+1], p.Name
				}
				return "", p.Name
			}
			// The option's name follows: sh -euo pipefail.
			if end := word[len(word)-1]; end == 'o' || end == 'O' {
				i++
			}
		default:
			if word == "--" {
				i++
			}
			if i >= len(p.Args) {
				return "", p.Name
			}
			file := p.Args[i]
			if !filepath.IsAbs(file) {
				if p.Dir == "" {
					return "", p.Name
				}
				file = filepath.Join(p.Dir, file)
			}
			return read(file), path.Base(file)
		}
	}
	return "", p.Name
}

// maxScript is the most of a script that is read.
const maxScript = 64 << 10

// readScript reads a regular file; empty where there is none. A pipe or a
// device of that name would make a reader wait.
func readScript(file string) string {
	f, err := openRegular(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxScript))
	if err != nil {
		return ""
	}
	return string(b)
}

// word is one word of a shell's text. command tells that it stands where a
// command begins.
type word struct {
	text    string
	quoted  bool
	command bool
}

// loops gives the words of every loop that may go on for ever (while, until,
// for with an arithmetic header), conditions and inner loops included. It reads
// the shell's words only as far as that needs: it takes the text of a
// here-document for commands, and doesn't look into functions that a loop calls.
func loops(text string) [][]word {
	words := shellWords(text)
	var found [][]word
	type open struct {
		from    int
		endless bool
	}
	var stack []open
	around := 0 // endless loops that are open
	push := func(from int, endless bool) {
		stack = append(stack, open{from, endless})
		if endless {
			around++
		}
	}
	for i, w := range words {
		if w.quoted || !w.command {
			continue
		}
		switch w.text {
		case "while", "until":
			push(i+1, true)
		case "for":
			push(i+1, i+1 < len(words) && words[i+1].text == "((")
		case "select":
			push(i+1, false)
		case "done":
			if len(stack) == 0 {
				continue
			}
			o := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !o.endless {
				continue
			}
			// The words of an inner loop are among the outer one's.
			if around--; around == 0 {
				found = append(found, words[o.from:i])
			}
		}
	}
	return found
}

// shellWords splits a text into words and operators (POSIX shell, 2.3 Token
// Recognition), as far as loops needs it.
func shellWords(text string) []word {
	var words []word
	var cur strings.Builder
	started, quotedWord, begins := false, false, true
	flush := func() {
		if !started {
			return
		}
		w := word{text: cur.String(), quoted: quotedWord, command: begins}
		words = append(words, w)
		// A command may follow these at once, and an assignment before it.
		begins = begins && !quotedWord && startsCommand(w.text)
		cur.Reset()
		started, quotedWord = false, false
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '\\':
			if i++; i < len(text) && text[i] != '\n' {
				cur.WriteByte(text[i])
				started, quotedWord = true, true
			}
		case '\'', '"':
			started, quotedWord = true, true
			for i++; i < len(text) && text[i] != c; i++ {
				if c == '"' && text[i] == '\\' && i+1 < len(text) {
					i++
				}
				cur.WriteByte(text[i])
			}
		case '#':
			if started {
				cur.WriteByte(c)
				continue
			}
			for i+1 < len(text) && text[i+1] != '\n' {
				i++
			}
		case ' ', '\t', '\r':
			flush()
		case '\n', ';', '&', '|', '(', ')', '`':
			// 2>&1 is a redirection and no end of a command.
			if c == '&' && started && strings.HasSuffix(cur.String(), ">") {
				cur.WriteByte(c)
				continue
			}
			flush()
			begins = true
			if c == '(' && i+1 < len(text) && text[i+1] == '(' {
				words = append(words, word{text: "(("})
				i++
			}
		default:
			cur.WriteByte(c)
			started = true
		}
	}
	flush()
	return words
}

// startsCommand reports whether the word that follows is a command again.
func startsCommand(w string) bool {
	switch w {
	case "do", "then", "else", "elif", "if", "while", "until", "!", "{", "time", "exec", "nohup", "command", "env", "sudo", "eval", "builtin":
		return true
	}
	name, _, assigned := strings.Cut(w, "=")
	return assigned && plain(name, "_")
}

// runs reports whether the words may have started the process: they name its
// script or, where it has none, its program; or the command is in a variable.
func runs(words []word, child process.Info) bool {
	var names []string
	script := ""
	if c := commandOf(child); interpreter(child.Name) != "" && c.name != interpreter(child.Name) {
		script = c.name
	} else {
		names = append(names, child.Name, path.Base(child.Exe))
		if len(child.Args) > 0 {
			names = append(names, path.Base(child.Args[0]))
		}
	}
	for _, w := range words {
		if w.command && strings.HasPrefix(w.text, "$") && !strings.HasPrefix(w.text, "$(") {
			return true
		}
		base := path.Base(w.text)
		if script != "" && scriptName(w.text) == script || base != "." && base != "/" && slices.Contains(names, base) {
			return true
		}
	}
	return false
}

func openRegular(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, os.ErrInvalid
	}
	return f, nil
}
