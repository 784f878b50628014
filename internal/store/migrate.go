package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

type migration struct {
	number int64
	name   string
	text   string
}

// readMigrations lists the files in the order of their numbers, which is that of
// their names. Gaps are fine.
func readMigrations(files fs.FS) ([]migration, error) {
	found, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, name := range found {
		digits, _, _ := strings.Cut(path.Base(name), "_")
		number, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || len(digits) != 4 {
			return nil, fmt.Errorf("store: migration %s is not named NNNN_name.sql", name)
		}
		if n := len(all); n > 0 && all[n-1].number == number {
			return nil, fmt.Errorf("store: migrations %s and %s have the same number", all[n-1].name, name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		all = append(all, migration{number, name, string(text)})
	}
	return all, nil
}

// migrate runs the migrations that are missing, each in a transaction of its own.
func migrate(ctx context.Context, e engine, files fs.FS) error {
	all, err := readMigrations(files)
	if err != nil {
		return err
	}
	return e.exclusively(ctx, func(conn *sql.Conn) error {
		done, err := applied(ctx, conn)
		if err != nil {
			return err
		}
		missing := all[:0:0]
		for _, m := range all {
			if !done[m.number] {
				missing = append(missing, m)
			}
			delete(done, m.number)
		}
		for number := range done {
			return fmt.Errorf("it was made by a newer sallyport (migration %04d is unknown here): use that version or a later one", number)
		}
		for _, m := range missing {
			if err := m.run(ctx, conn, e); err != nil {
				return fmt.Errorf("migration %s: %w", m.name, err)
			}
		}
		return nil
	})
}

func applied(ctx context.Context, conn *sql.Conn) (map[int64]bool, error) {
	_, err := conn.ExecContext(ctx, "create table if not exists schema_migrations (number bigint primary key, name varchar(200) not null)")
	if err != nil {
		return nil, err
	}
	rows, err := conn.QueryContext(ctx, "select number from schema_migrations")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := map[int64]bool{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		done[n] = true
	}
	return done, rows.Err()
}

func (m migration) run(ctx context.Context, conn *sql.Conn, e engine) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, e.migration(m.text)); err != nil {
		return err
	}
	// Both values are the program's own, not a user's.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("insert into schema_migrations (number, name) values (%d, '%s')", m.number, m.name)); err != nil {
		return err
	}
	return tx.Commit()
}
