package store

import (
	"context"
	"database/sql"
	"slices"
	"time"
)

// The file is trimmed when it holds more than 7/8 of its bound, to 3/4.

// expire removes what ended before t.
func expire(ctx context.Context, db *sql.DB, t time.Time) (gone int64, err error) {
	res, err := db.ExecContext(ctx, "DELETE FROM spell WHERE closed < ?", t.UnixMilli())
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// keepNewest leaves a program its newest n spells, and those that still listen.
func keepNewest(ctx context.Context, db *sql.DB, program int64, n int) (gone int64, err error) {
	res, err := db.ExecContext(ctx, `DELETE FROM spell WHERE id IN (
		SELECT id FROM spell WHERE program = ? ORDER BY opened DESC, id DESC LIMIT -1 OFFSET ?) AND closed IS NOT NULL`, program, n)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// usage gives the bytes that the file's content takes and its spells.
func usage(ctx context.Context, db *sql.DB) (bytes, count int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size)
		- (SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size),
		(SELECT count(*) FROM spell)`).Scan(&bytes, &count)
	return bytes, count, err
}

// used is usage without counting, which reads the whole file.
func used(ctx context.Context, db *sql.DB) (bytes int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT ((SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count))
		* (SELECT page_size FROM pragma_page_size)`).Scan(&bytes)
	return bytes, err
}

// shrink removes the oldest spells until the file is back at 3/4 of most bytes.
// It takes from those that have most: every program keeps as many as the one
// level allows, so that no program floods the others out.
func shrink(ctx context.Context, db *sql.DB, most int64) error {
	if bytes, err := used(ctx, db); err != nil || bytes <= most/8*7 {
		return err
	}
	for range 8 { // spells differ in size, so the first guess may fall short
		bytes, count, err := usage(ctx, db)
		if err != nil || bytes <= most/4*3 || count == 0 {
			return err
		}
		programs, err := countByProgram(ctx, db)
		if err != nil {
			return err
		}
		counts := make([]int64, 0, len(programs))
		for _, n := range programs {
			counts = append(counts, n)
		}
		tooMany := max(1, count*(bytes-most/4*3)/bytes)
		level := levelOf(counts, tooMany)
		var gone int64
		for program, n := range programs {
			if n > level {
				removed, err := keepNewest(ctx, db, program, int(level))
				if err != nil {
					return err
				}
				gone += removed
			}
		}
		if err := sweepWho(ctx, db); err != nil {
			return err
		}
		if gone == 0 {
			return nil // all that is left still listens
		}
	}
	return nil
}

// levelOf gives the most that each may keep so that at least n go in all.
func levelOf(counts []int64, n int64) int64 {
	slices.Sort(counts)
	var total int64
	for _, c := range counts {
		total += c
	}
	keep := max(0, total-n)
	for i, c := range counts {
		left := int64(len(counts) - i)
		if c*left > keep {
			return keep / left
		}
		keep -= c
	}
	if len(counts) == 0 {
		return 0
	}
	return counts[len(counts)-1]
}

func countByProgram(ctx context.Context, db *sql.DB) (map[int64]int64, error) {
	rows, err := db.QueryContext(ctx, "SELECT program, count(*) FROM spell GROUP BY program")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	counts := map[int64]int64{}
	for rows.Next() {
		var program, n int64
		if err := rows.Scan(&program, &n); err != nil {
			return nil, err
		}
		counts[program] = n
	}
	return counts, rows.Err()
}

// sweepWho removes what no spell names any more, and gives the pages that have
// become free back to the disk.
func sweepWho(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "DELETE FROM who WHERE id NOT IN (SELECT who FROM spell)"); err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, "PRAGMA incremental_vacuum")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // its error is that of Err
	for rows.Next() {                   // each step frees a page
	}
	return rows.Err()
}
