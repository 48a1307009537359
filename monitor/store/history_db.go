package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portreeve/monitor/familiar"
)

// schemaVersion stands in the file's user_version. A file that says more is
// from a newer program: it is neither written nor read.
const schemaVersion = 1

// Times are Unix milliseconds. A who is named by a hash of what it holds, a
// program (the unit of the quota) by a hash of user and name.
const schema = `
CREATE TABLE who (
	id INTEGER PRIMARY KEY, program TEXT NOT NULL, place TEXT NOT NULL, exe TEXT NOT NULL,
	user TEXT NOT NULL, origin TEXT NOT NULL, pattern TEXT NOT NULL
);
CREATE TABLE spell (
	id INTEGER PRIMARY KEY, listener TEXT NOT NULL, proto TEXT NOT NULL, address TEXT NOT NULL, port INTEGER NOT NULL,
	opened INTEGER NOT NULL, closed INTEGER, before INTEGER NOT NULL, lost INTEGER NOT NULL, told INTEGER NOT NULL,
	verdict TEXT NOT NULL, pid INTEGER NOT NULL, ports TEXT NOT NULL, program INTEGER NOT NULL, who INTEGER NOT NULL
);
CREATE INDEX spell_opened ON spell (opened);
CREATE INDEX spell_program ON spell (program, opened);
CREATE INDEX spell_port ON spell (port, opened);
CREATE INDEX spell_open ON spell (id) WHERE closed IS NULL;
CREATE TABLE seen (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);
INSERT INTO seen VALUES (1, 0);
`

// columns are in the order in which scan reads them.
const columns = `s.id, s.listener, s.proto, s.address, s.port, s.opened, s.closed, s.before, s.lost, s.told, s.verdict, s.pid, s.ports,
	w.program, w.place, w.exe, w.user, w.origin, w.pattern`

// openDB opens a file by a URI (https://www.sqlite.org/uri.html) with one
// connection. Every pragma belongs to it: the driver sets them anew when it has
// to connect again.
func openDB(path string, query url.Values, pragmas ...string) (*sql.DB, error) {
	for _, p := range append(pragmas, "busy_timeout(2000)", "cache_size(-512)") { // KiB
		query.Add("_pragma", p)
	}
	at := filepath.ToSlash(path)
	if !strings.HasPrefix(at, "/") {
		at = "/" + at // C:/Users becomes file:///C:/Users
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: at, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// openToWrite opens the history, making it where there is none. In WAL mode
// with synchronous NORMAL a killed program loses nothing that was committed, and
// a power cut the last seconds but never the file
// (https://www.sqlite.org/pragma.html#pragma_synchronous).
func openToWrite(ctx context.Context, path string) (*sql.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// SQLite gives its journals the mode of the file, and makes it readable for
	// all by default.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	db, err := openDB(path, url.Values{}, "auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(NORMAL)",
		"wal_autocheckpoint(128)", "journal_size_limit(1048576)") // pages of 4 KiB; bytes
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, db); err != nil {
		_ = db.Close() // the first error is the one to tell
		return nil, err
	}
	return db, nil
}

func prepare(ctx context.Context, db *sql.DB) error {
	v, err := versionOf(ctx, db)
	if err != nil || v == schemaVersion {
		return err
	}
	return inTx(ctx, db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA user_version = %d;", schemaVersion))
		return err
	})
}

func versionOf(ctx context.Context, db *sql.DB) (int, error) {
	var v int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&v); err != nil {
		return 0, err
	}
	if v > schemaVersion {
		return v, ErrReadOnly
	}
	return v, nil
}

// openReadOnly opens the history for a question. Where not even the journal's
// index can be made (a folder that can't be written) the file is read as it
// stands. It is nil where nothing has been written into the file yet.
func openReadOnly(ctx context.Context, path string) (*sql.DB, error) {
	var err error
	for _, q := range []url.Values{{"mode": {"ro"}}, {"immutable": {"1"}}} {
		var db *sql.DB
		if db, err = openDB(path, q, "query_only(1)"); err != nil {
			return nil, err
		}
		var v int
		if v, err = versionOf(ctx, db); err == nil && v != 0 {
			return db, nil
		}
		_ = db.Close() // nothing was written
		if err == nil {
			return nil, nil
		}
	}
	return nil, err
}

func inTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return err
	}
	return tx.Commit()
}

// spells gives what q picks, the newest first, until yield says no.
func spells(ctx context.Context, db *sql.DB, q Query, yield func(Spell) bool) error {
	where, args := []string{"1"}, []any{}
	and := func(sql string, arg ...any) { where, args = append(where, sql), append(args, arg...) }
	if q.Port != 0 {
		and("s.port = ?", q.Port)
	}
	if q.Program != "" {
		and(`w.program LIKE ? ESCAPE '\'`, "%"+strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Program)+"%")
	}
	if !q.Since.IsZero() {
		and("(s.closed IS NULL OR s.closed >= ?)", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		and("s.opened <= ?", q.Until.UnixMilli())
	}
	if q.Told {
		and("s.told")
	}
	text := "SELECT " + columns + " FROM spell s JOIN who w ON w.id = s.who WHERE " + strings.Join(where, " AND ") + " ORDER BY s.opened DESC, s.id DESC"
	if q.Limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", q.Limit)
	}
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	for rows.Next() {
		s, _, err := scan(rows)
		if err != nil {
			return err
		}
		if !yield(s) {
			return nil
		}
	}
	return rows.Err()
}

// scan reads one row of columns.
func scan(rows *sql.Rows) (s Spell, row int64, err error) {
	var address, ports, pattern string
	var port uint16
	var opened int64
	var closed sql.NullInt64
	if err := rows.Scan(&row, &s.ID, &s.Proto, &address, &port, &opened, &closed, &s.Before, &s.Lost, &s.Told, &s.Verdict, &s.PID, &ports,
		&s.Program, &s.Place, &s.Exe, &s.User, &s.Origin, &pattern); err != nil {
		return s, 0, err
	}
	at, err := netip.ParseAddr(address)
	if err != nil {
		return s, 0, fmt.Errorf("the address of row %d: %w", row, err)
	}
	if err := json.Unmarshal([]byte(pattern), &s.Pattern); err != nil {
		return s, 0, fmt.Errorf("the pattern of row %d: %w", row, err)
	}
	s.At = netip.AddrPortFrom(at, port)
	s.Pattern.Ports = familiar.Ports(ports)
	s.Opened, s.Closed = time.UnixMilli(opened), fromMS(closed)
	return s, row, nil
}

// batch writes spells in one transaction with statements of its own.
type batch struct {
	ctx                 context.Context
	insert, update, who *sql.Stmt
}

func newBatch(ctx context.Context, tx *sql.Tx) (*batch, error) {
	b := &batch{ctx: ctx}
	for text, to := range map[string]**sql.Stmt{
		`INSERT INTO spell (listener, proto, address, port, opened, closed, before, lost, told, verdict, pid, ports, program, who)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`: &b.insert,
		`UPDATE spell SET listener = ?, proto = ?, address = ?, port = ?, opened = ?, closed = ?, before = ?, lost = ?, told = ?,
			verdict = ?, pid = ?, ports = ?, program = ?, who = ? WHERE id = ?`: &b.update,
		`INSERT OR IGNORE INTO who VALUES (?, ?, ?, ?, ?, ?, ?)`: &b.who,
	} {
		s, err := tx.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		*to = s // closed with the transaction
	}
	return b, nil
}

// longest bounds a text in bytes, twice of it a pattern: a program chooses its name,
// folder and script, and must not fill the disk with them.
const longest = 1024

// write stores a spell and gives its row: a new one where row is 0.
func (b *batch) write(s Spell, row int64) (int64, error) {
	ports := string(s.Pattern.Ports)
	s.Pattern.Ports = ""
	pattern, err := json.Marshal(s.Pattern)
	if err != nil {
		return 0, err
	}
	if len(pattern) > 2*longest {
		pattern = []byte("{}") // covers nobody; cut, it might cover others
	}
	for _, text := range []*string{&s.Program, &s.Place, &s.Exe, &s.User, &s.Origin} {
		if len(*text) > longest {
			*text = strings.ToValidUTF8((*text)[:longest], "")
		}
	}
	who := hash(s.Program, s.Place, s.Exe, s.User, s.Origin, string(pattern))
	if _, err := b.who.ExecContext(b.ctx, who, s.Program, s.Place, s.Exe, s.User, s.Origin, string(pattern)); err != nil {
		return 0, err
	}
	var closed any
	if !s.Closed.IsZero() {
		closed = s.Closed.UnixMilli()
	}
	args := []any{s.ID, s.Proto, s.At.Addr().String(), s.At.Port(), s.Opened.UnixMilli(), closed, s.Before, s.Lost, s.Told,
		string(s.Verdict), s.PID, ports, s.program(), who}
	if row != 0 {
		_, err := b.update.ExecContext(b.ctx, append(args, row)...)
		return row, err
	}
	res, err := b.insert.ExecContext(b.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// program names what the quota counts by.
func (s *Spell) program() int64 { return hash(s.User, s.Program) }

func hash(texts ...string) int64 {
	sum := sha256.New()
	for _, t := range texts {
		_ = binary.Write(sum, binary.LittleEndian, uint64(len(t))) // a hash never fails
		sum.Write([]byte(t))
	}
	return int64(binary.LittleEndian.Uint64(sum.Sum(nil)))
}

// spoilt reports that the file itself is wrong, and not the disk or the moment.
func spoilt(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff { // the rest of an extended code tells details
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	case sqlite3.SQLITE_ERROR: // a table is missing: somebody else's database
		return strings.Contains(e.Error(), "no such table") || strings.Contains(e.Error(), "no such column") || strings.Contains(e.Error(), "already exists")
	}
	return false
}
