package store

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/stdlib"
)

// A PostgreSQL that restarts, or gives its place to another, hangs up on all connections,
// of which the pools hold some. What is asked next does not fail for it: what only reads or
// begins is asked again, and a single write is sent only where the server is still there.

// steady asks again, over another connection, if the server had hung up on this one.
func steady[T any](ask func() (T, error)) (T, error) {
	for range poolSize {
		if answer, err := ask(); !hungUp(err) {
			return answer, err
		}
	}
	return ask()
}

func hungUp(err error) bool {
	switch postgresCode(err) {
	case "57P01", "57P02": // shut down, by an administrator or after a crash
		return true
	}
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// live gives a connection for a write, which cannot be sent twice: the first may have been
// done. Close gives it back.
func (e *postgres) live(ctx context.Context) (*sql.Conn, error) {
	for {
		conn, err := e.writes.Conn(ctx)
		if err != nil {
			return nil, err
		}
		err = conn.Raw(func(c any) error {
			if c, ok := c.(*stdlib.Conn); ok && silent(c.Conn().PgConn().Conn()) {
				return nil
			}
			return driver.ErrBadConn // which also throws it away; the pool makes a new one in the end
		})
		if err == nil {
			return conn, nil
		}
		conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			return nil, err
		}
	}
}

// silent says that nothing has come on a connection that was asked nothing: a server that
// hung up has said so, or the connection is at its end.
func silent(conn net.Conn) bool {
	if wrapped, ok := conn.(*tls.Conn); ok {
		conn = wrapped.NetConn()
	}
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return true // cannot be seen: it is believed
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	// Not raw.Read: the driver may have a read of its own under way, which that would wait for.
	var peeked error
	err = raw.Control(func(fd uintptr) {
		_, _, peeked = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err == nil && (errors.Is(peeked, syscall.EAGAIN) || errors.Is(peeked, syscall.EWOULDBLOCK))
}
