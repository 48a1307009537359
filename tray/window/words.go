package window

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portreeve/monitor/reeve"
)

// The verdicts as they stand on the wire (familiar.Verdict, a room that the
// window does not import).
const (
	verdictNew      = "unfamiliar"
	verdictKnown    = "familiar"
	verdictBaseline = "baseline"
)

// The most characters that a text of others may take on the screen.
const (
	shortText = 60   // names
	longText  = 400  // folders, sentences
	allText   = 2000 // a command line in the details
)

// verdict is what stands in the first column: a sign and a word, so that the
// meaning never hangs on a colour.
type verdict struct{ sign, word string }

func (v verdict) String() string { return v.sign + " " + v.word }

func verdictOf(l *reeve.Listener) verdict {
	switch l.Verdict {
	case verdictNew:
		return verdict{"●", tr("New")}
	case verdictKnown:
		return verdict{"✓", tr("Known")}
	case verdictBaseline:
		return verdict{"○", tr("Already here")}
	}
	return verdict{"–", tr("Not judged")}
}

// clean makes one harmless line of a text that a program chose: line breaks and
// tabs become blanks; control, format and other characters that don't print, and
// bytes that are not UTF-8, are written as escapes; what is longer than most
// characters ends with an ellipsis.
func clean(s string, most int) string {
	var b strings.Builder
	for n := 0; s != ""; n++ {
		if n == most {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n' || r == '\r' || r == '\t':
			b.WriteByte(' ')
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return b.String()
}

// commandLine joins arguments for the eye. Those with blanks are quoted, so that
// one argument can't pass for two.
func commandLine(args []string) string {
	var b strings.Builder
	for i, a := range args {
		if b.Len() > allText {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		text := clean(a, allText)
		if a == "" || strings.ContainsAny(text, ` "'`) {
			text = `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
		}
		b.WriteString(text)
	}
	return b.String()
}

// address is the listener's address as people write it: 127.0.0.1:80, [::1]:80.
func address(l *reeve.Listener) string { return joined(l, clean(l.Address, shortText)) }

// shortAddress is address with the middle of a long IPv6 address left out, since
// a column that cuts at its end would hide the port.
func shortAddress(l *reeve.Listener) string {
	const most, head, tail = 15, 7, 5 // 15: an IPv4 address is left whole
	host := clean(l.Address, shortText)
	runes := []rune(host)
	if len(runes) > most || strings.Contains(host, ":") && len(runes) > head+tail {
		host = string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
	}
	return joined(l, host)
}

func joined(l *reeve.Listener, host string) string {
	return net.JoinHostPort(host, strconv.Itoa(int(l.Port)))
}

// within says in two or three words how far a listener's address reaches. The
// sentence with the whole truth is the listener's Reach.
func within(l *reeve.Listener) string {
	text := tr("this computer only")
	if l.Scope == scopeNetwork {
		text = "⇄ " + tr("open to your network")
	}
	if l.Protocol == "udp" {
		text = "UDP · " + text
	}
	return text
}

// program names a listener's program.
func program(l *reeve.Listener) string {
	if name := clean(l.Program, shortText); name != "" {
		return name
	}
	return tr("hidden program")
}

// under is the second line of the program's column: why it is worth a look, else
// what it runs and where, or why that is not known.
func under(l *reeve.Listener) string {
	if l.Look != "" {
		return "⚠ " + clean(l.Look, longText)
	}
	if l.Place == "" && l.Hidden != "" {
		return clean(l.Hidden, longText)
	}
	return clean(l.Place, longText)
}

func user(l *reeve.Listener) string {
	if len(l.Owners) == 0 {
		return clean(l.User, shortText)
	}
	return clean(l.Owners[0].User, shortText)
}

// moment says an RFC 3339 time as people do: the hour on the same day, else the
// date; never, where there is none. A time that does not parse is shown as it is.
func moment(text string, now time.Time, never string) string {
	if text == "" {
		return never
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return clean(text, shortText)
	}
	t, now = t.Local(), now.Local()
	switch {
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format(tr("2 Jan, 15:04"))
	}
	return t.Format(tr("2 Jan 2006"))
}

// since says how long a listener has been there.
func since(l *reeve.Listener, now time.Time) string {
	return moment(l.Since, now, tr("before Portreeve"))
}

// failure says an error and what to do about it. Errors begin in lower case and
// may begin with a program's name, which is not ours to write otherwise.
func failure(err error) (text, hint string) {
	text = err.Error()
	var no *reeve.Error
	if errors.As(err, &no) {
		text, hint = no.Message, no.Hint
	}
	if hint != "" {
		hint = tr("Hint: {{.Hint}}", "Hint", clean(hint, longText))
	}
	return tr("Not done: {{.Why}}.", "Why", clean(text, longText)), hint
}

// full makes a sentence of a message: it begins as it is, since that may be a
// program's name, and ends with a full stop.
func full(text string) string {
	text = clean(text, longText)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// capital begins a text of ours, never a program's name, as a sentence does.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// begun begins a sentence, unless that begins with a program's name.
func begun(text string) string {
	switch first, _, _ := strings.Cut(text, " "); first {
	case "a", "the", "this":
		return capital(text)
	}
	return text
}

func decimal(n int32) string { return strconv.FormatInt(int64(n), 10) }

// foot is what stands at the lower right: "31 listeners · 2 new".
func foot(c counts) string {
	text := trn("{{.N}} listeners", c.all)
	if c.new > 0 {
		text += " · " + tr("{{.N}} new", "N", c.new)
	}
	return text
}

// headingWords say what stands under a heading: "14 listeners · 2 new · 12 folded away".
func headingWords(h *heading) string {
	text := trn("{{.N}} listeners", h.count)
	if h.new > 0 {
		text += " · " + tr("{{.N}} new", "N", h.new)
	}
	if h.hidden > 0 {
		text += " · " + tr("folded away")
	}
	if h.unseen > 0 {
		text += " · " + trn("{{.N}} owners are hidden: {{.Command}} shows them", h.unseen, "Command", showHidden)
	}
	if h.group.note != "" {
		text += " · " + h.group.note
	}
	return text
}

// originOf names what started a listener; empty where that is not known.
func originOf(l *reeve.Listener) string {
	text := clean(l.Origin.Label, shortText)
	if text == "" && l.Origin.Kind == reeve.OriginSystem {
		text = tr("the system")
	}
	if l.Origin.Ended && text != "" {
		text = tr("{{.Origin}}, ended", "Origin", text)
	}
	return text
}
