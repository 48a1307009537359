package tray

// This file says what the rows of one listener are: its words and what a click
// on each means.

import (
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portreeve/monitor/explain"
	"portreeve/monitor/familiar"
	"portreeve/monitor/reeve"
)

// maxLabel is the most characters of a row: a longer one fills the screen.
const maxLabel = 60

// toNetwork is how reach reads for what the whole network may reach, and not
// only the containers of this computer.
const toNetwork = "open to your network"

// entry is what people take for one listener: a socket, together with its twin
// of the other IP version and with those that share its address by SO_REUSEPORT,
// as long as one program holds them. The embedded one stands for all.
type entry struct {
	reeve.Listener
	since int64 // when a new one was first seen, in seconds since 1970; else 0
}

// merge makes entries of listeners, in their order, without the folded ones.
func merge(listeners []reeve.Listener) []entry {
	type identity struct{ protocol, verdict, scope, place, owner, hidden, program string }
	entries := make([]entry, 0, len(listeners)) // large ones: growing would copy them
	seen := make(map[identity]bool, len(listeners))
	for _, l := range listeners {
		if l.Folded {
			continue
		}
		e := entry{Listener: l}
		place := l.Address
		switch at := e.local().Addr(); {
		case at.IsUnspecified():
			place = "any"
		case at == netip.AddrFrom4([4]byte{127, 0, 0, 1}), at == netip.IPv6Loopback():
			place = "loopback"
		}
		id := identity{l.Protocol, l.Verdict, l.Scope, place + ":" + strconv.Itoa(int(l.Port)), e.owner(), l.Hidden, l.Program}
		if !seen[id] {
			seen[id] = true
			if at, err := time.Parse(time.RFC3339, l.Since); err == nil && e.fresh() {
				e.since = at.Unix()
			}
			entries = append(entries, e)
		}
	}
	return entries
}

// local is the bound address; the zero AddrPort where it can't be read.
func (e entry) local() netip.AddrPort {
	at, err := netip.ParseAddr(e.Address)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at, e.Port)
}

// owner is the id of the topmost holder, empty where it is hidden.
func (e entry) owner() string {
	if len(e.Owners) == 0 {
		return ""
	}
	return e.Owners[0].ID
}

func (e entry) fresh() bool { return e.Verdict == string(familiar.Unfamiliar) }

func (e entry) open() bool { return e.Scope == string(familiar.Network) }

// key names a row of this entry for ever: other ids, another key.
func (e entry) key(row string) string { return row + "/" + e.ID + "/" + e.owner() }

// do is a click's meaning with the ids that are on the screen.
func (e entry) do(act Act, text string) Do {
	return Do{Act: act, Listener: e.ID, Owner: e.owner(), Title: e.title(), Text: text}
}

// title names the entry in a sentence: "python3 on 62893".
func (e entry) title() string { return e.program() + " on " + strconv.Itoa(int(e.Port)) }

func (e entry) program() string {
	if name := explain.Clean(e.Program, 24); name != "" {
		return name
	}
	return "hidden program"
}

// where is the address for people: only the port where it is any address.
func (e entry) where() string {
	text := explain.Clean(e.Address, 45) + ":" + strconv.Itoa(int(e.Port))
	if at := e.local(); at.IsValid() {
		text = at.String()
		if at.Addr().IsUnspecified() {
			text = strconv.Itoa(int(e.Port))
		}
	}
	if e.Protocol == "udp" {
		return "UDP " + text
	}
	return text
}

// reach is who else can come in, in the words of Reach without their bracket;
// empty for programs of this computer only.
func (e entry) reach() string {
	if !e.open() {
		return ""
	}
	text, _, _ := strings.Cut(e.Reach, " (")
	text = explain.Clean(strings.TrimSuffix(text, "."), 45)
	if text == "" {
		return toNetwork
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToLower(first)) + text[size:]
}

// label is the entry's row: program, place where wanted, address, state. Where
// it gets too long the place is cut in its middle: folders differ at the end,
// projects at the beginning.
func (e entry) label(withPlace bool, state ...string) string {
	end := " · " + e.where()
	for _, s := range state {
		if s != "" {
			end += " · " + s
		}
	}
	who := e.program()
	if place := explain.Clean(e.Place, 200); withPlace && place != "" {
		if room := maxLabel - utf8.RuneCountInString(who+end) - len(" ()"); room >= 8 {
			who += " (" + shortPlace(place, room) + ")"
		}
	}
	return shorten(who+end, maxLabel+20) // an address with a zone may be long itself
}

// shortPlace cuts what is least telling first: "http.server in ~/src/shop" gives
// "http.server in …/shop", and then "http.server".
func shortPlace(place string, limit int) string {
	what, where, ok := strings.Cut(place, " in ")
	if !ok || utf8.RuneCountInString(place) <= limit {
		return shorten(place, limit)
	}
	if short := what + " in …/" + path.Base(where); utf8.RuneCountInString(short) <= limit {
		return short
	}
	return shorten(what, limit)
}

// shorten keeps a text's beginning and end, with an ellipsis between, so that it
// has at most limit characters.
func shorten(s string, limit int) string {
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	head := (limit - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(limit-1-head):])
}

// freshRows are the rows of a new entry: itself, and its direct Stop below.
func (e entry) freshRows() []Row {
	state := "new"
	if reach := e.reach(); reach != "" {
		state += ", " + reach
	}
	sub := []Row{
		{Key: e.key("know"), Label: "I know this", Do: e.do(ActKnow, "")},
		{Key: e.key("details"), Label: "Details", Do: e.do(ActDetails, "")},
		{Key: e.key("copy"), Label: "Copy address", Do: e.do(ActCopy, e.dial().String())},
	}
	rows := []Row{{Key: e.key("new"), Label: e.label(false, state), Rows: sub}}
	if e.owner() == "" {
		return rows // nobody to stop
	}
	rows[0].Rows = append(sub, Row{Key: e.key("force"), Label: "Force stop", Do: e.do(ActForce, "")})
	// The row below must stay recognisable as its parent's.
	return append(rows, Row{Key: e.key("stop-new"), Label: "    Stop " + e.title(), Do: e.do(ActStop, "")})
}

// openRow is the row of an entry that is not new and open to the network.
func (e entry) openRow() Row {
	var sub []Row
	if e.owner() != "" {
		sub = append(sub, Row{Key: e.key("stop"), Label: "Stop", Do: e.do(ActStop, "")})
	}
	if url := e.url(); url != "" {
		sub = append(sub, Row{Key: e.key("browse"), Label: "Open in browser", Do: e.do(ActBrowse, url)})
	}
	sub = append(sub,
		Row{Key: e.key("copy"), Label: "Copy address", Do: e.do(ActCopy, e.dial().String())},
		Row{Key: e.key("details"), Label: "Details", Do: e.do(ActDetails, "")})
	if e.Verdict != string(familiar.Familiar) {
		sub = append(sub, Row{Key: e.key("know"), Label: "I know this", Do: e.do(ActKnow, "")})
	}
	return Row{Key: e.key("open"), Label: e.label(true, e.reach()), Rows: sub}
}

// restRow is the row of an entry that asks for no attention.
func (e entry) restRow() Row {
	return Row{Key: e.key("rest"), Label: e.label(true, e.reach()), Do: e.do(ActDetails, "")}
}

// dial is the address to connect to from this computer.
func (e entry) dial() netip.AddrPort {
	at := e.local()
	switch {
	case !at.Addr().IsUnspecified():
		return at
	case at.Addr().Is6() && e.IPv6Only:
		return netip.AddrPortFrom(netip.IPv6Loopback(), e.Port)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), e.Port)
}

// url is what a browser opens, empty where the entry does not look like a web
// server. That is a guess by name and port: nobody connects to find out.
func (e entry) url() string {
	at := e.dial()
	if e.Protocol != "tcp" || !at.IsValid() || at.Addr().Zone() != "" {
		return "" // RFC 3986 has no place for a zone that browsers agree on
	}
	if e.Port == 443 || e.Port == 8443 {
		return "https://" + at.String() + "/"
	}
	words := strings.FieldsFunc(strings.ToLower(e.Program+" "+e.Place), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.'
	})
	for _, w := range words {
		if slices.Contains([]string{"http", "http.server", "vite", "webpack", "next", "nuxt", "hugo", "jekyll", "nginx", "apache2",
			"httpd", "caddy", "lighttpd", "uvicorn", "gunicorn", "flask", "django", "rails", "puma", "jupyter", "grafana"}, w) {
			return "http://" + at.String() + "/"
		}
	}
	p := e.Port
	if p == 80 || p == 4200 || p == 5000 || p == 5173 || p == 1313 || p >= 3000 && p < 3010 || p >= 8000 && p < 8100 || p == 8888 || p == 9090 {
		return "http://" + at.String() + "/"
	}
	return ""
}

func (g gone) key() string { return entry{Listener: g.Listener}.key("gone") }

// row tells of a listener that ended unseen.
func (g gone) row() Row {
	e := entry{Listener: g.Listener}
	text := e.program() + " · was on " + e.where()
	if since, err := time.Parse(time.RFC3339, g.Since); err == nil {
		text += " for " + lasted(g.at.Sub(since))
	}
	return Row{Key: g.key(), Label: shorten(text, maxLabel+20), Disabled: true}
}

// lasted writes a duration as people say it.
func lasted(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return "a moment" // Since has whole seconds only
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min"
	}
	return strconv.Itoa(int(d/time.Hour)) + " h"
}
