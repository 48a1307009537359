package explain

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"portreeve/monitor/socket"
)

// tongues are the languages that the probe recognises, in words that follow
// "It speaks"; and what a listener that speaks it is.
var tongues = map[string]struct{ language, server string }{
	"http":       {"HTTP", "a web server"},
	"tls":        {"TLS", "a server that encrypts"},
	"ssh":        {"SSH", "an SSH server"},
	"smtp":       {"SMTP", "a mail server"},
	"ftp":        {"FTP", "a file server"},
	"pop3":       {"POP3", "a mail server"},
	"imap":       {"IMAP", "a mail server"},
	"nntp":       {"NNTP", "a news server"},
	"redis":      {"Redis's language", "a Redis server"},
	"postgresql": {"PostgreSQL's language", "a PostgreSQL server"},
	"mysql":      {"MySQL's language", "a MySQL or MariaDB server"},
	"vnc":        {"VNC's language", "a server for a remote screen"},
	"irc":        {"IRC", "a chat server"},
	"memcached":  {"memcached's language", "a memcached server"},
	"mongodb":    {"MongoDB's language", "a MongoDB server"},
}

// took writes a duration for people: "0.3 ms", "12 ms", "1.2 s".
func took(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// answerFindings say how the connection went.
func (q *inquiry) answerFindings() []Finding {
	p := q.ev.Probe
	if p == nil {
		if q.about == nil {
			return nil
		}
		text := "It was not tried whether it answers."
		if q.t.Proto == socket.UDP {
			text = "Whether it answers can't be tried: by UDP only a question in its own language gets an answer."
		}
		return []Finding{{Code: "not_tried", Part: PartAnswer, Text: text}}
	}
	f := Finding{Part: PartAnswer}
	switch p.Reach {
	case Refused:
		f.Code, f.Text = "refused", fmt.Sprintf("A connection to %s is refused.", p.At)
	case TimedOut:
		f.Code, f.Text = "timed_out", fmt.Sprintf("A connection to %s got no answer within %s.", p.At, took(p.Took))
	case Unreachable:
		f.Code, f.Text = "unreachable", fmt.Sprintf("A connection to %s failed: %s.", p.At, Clean(p.Error, 100))
	default:
		f.Code, f.Text = "connects", fmt.Sprintf("It takes connections: one to %s took %s.", p.At, took(p.Took))
	}
	all := []Finding{f}
	if p.Reach != Connected {
		return all
	}
	return append(all, q.reply(p)...)
}

// reply says what came over the connection.
func (q *inquiry) reply(p *Probe) []Finding {
	f := Finding{Part: PartAnswer, Code: "speaks_" + p.Speaks}
	switch {
	case p.Speaks == "http":
		f.Text = "It speaks HTTP, the language of web servers, and answers " + status(p.Status) + "."
		if p.Title != "" {
			f.Text += " The page is called " + quoted(p.Title, 80) + "."
		}
		if p.Server != "" {
			f.Facts = append(f.Facts, "server: "+Clean(p.Server, 80))
		}
	case p.Speaks == "tls":
		f.Text = "It speaks TLS: what is sent is encrypted."
		all := []Finding{f}
		if p.Certificate {
			all = append(all, q.certificate(p))
		}
		if p.TLSError != "" {
			all = append(all, Finding{Code: "tls_failed", Part: PartAnswer, Text: "The two sides did not come to terms.", Facts: []string{Clean(p.TLSError, 120)}})
		}
		return all
	case p.Speaks != "":
		tongue := tongues[p.Speaks]
		f.Text = fmt.Sprintf("It speaks %s: it's %s.", tongue.language, tongue.server)
		if p.Unasked {
			f.Text = fmt.Sprintf("It greets in %s: it's %s.", tongue.language, tongue.server)
		}
		if p.Greeting != "" {
			f.Facts = append(f.Facts, "it said: "+Clean(p.Greeting, 100))
		}
	case p.Greeting != "":
		f.Code, f.Text = "speaks_unknown", "It answers in a language that Portreeve doesn't know."
		f.Facts = append(f.Facts, "it said: "+Clean(p.Greeting, 100))
	case p.Closed:
		f.Code, f.Text = "closes", "It closes the connection at once, without a word."
	case !p.Spoken:
		f.Code, f.Text = "unspoken", "It sent no greeting, and nothing was sent to it: a printer may print whatever comes in on this port."
		return []Finding{f}
	default:
		f.Code, f.Text = "silent", "It stays silent, though it was asked."
	}
	if p.Came > 0 {
		f.Facts = append(f.Facts, "the answer came after "+took(p.Came))
	}
	return []Finding{f}
}

func (q *inquiry) certificate(p *Probe) Finding {
	f := Finding{Code: "certificate", Part: PartAnswer, Text: "Its certificate names nobody."}
	if len(p.Names) > 0 {
		names := []string{}
		for _, n := range p.Names[:min(4, len(p.Names))] {
			names = append(names, Clean(n, 60))
		}
		if more := len(p.Names) - len(names); more > 0 {
			names = append(names, fmt.Sprintf("%d more", more))
		}
		f.Text = "Its certificate is for " + enumerate(names) + "."
	}
	now := q.ev.Now
	switch {
	case p.Expires.Before(now):
		f.Code = "certificate_expired"
		f.Text += " It ran out on " + p.Expires.Local().Format("2 January 2006") + ", so browsers refuse it."
	default:
		f.Text += " It's valid until " + p.Expires.Local().Format("2 January 2006") + "."
	}
	if p.SelfSigned {
		f.Text += " Nobody vouches for it: it's signed by itself, as is usual for development."
	}
	f.Facts = []string{"TLS version: " + Clean(p.TLSVersion, 20)}
	if p.Issuer != "" && !p.SelfSigned {
		f.Facts = append(f.Facts, "issued by: "+Clean(p.Issuer, 80))
	}
	return f
}

// status writes an HTTP status with its words: "200 OK".
func status(code int) string {
	if text := http.StatusText(code); text != "" {
		return fmt.Sprintf("%d %s", code, text)
	}
	return fmt.Sprint(code)
}

func quoted(s string, limit int) string { return "“" + Clean(s, limit) + "”" }

// begin makes the words that stand for a program's name begin a sentence; a name
// stays as it is.
func begin(s string) string {
	for _, words := range []string{"a ", "another ", "somebody", "nobody"} {
		if strings.HasPrefix(s, words) {
			return strings.ToUpper(s[:1]) + s[1:]
		}
	}
	return s
}
