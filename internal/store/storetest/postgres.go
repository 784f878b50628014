package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// EnvPostgres names the server that tests use: the URL of a database in which its role
// may create schemas. Unset, the test process starts a server of its own.
const EnvPostgres = "SALLYPORT_TEST_POSTGRES"

// Postgres returns the URL of a new, empty schema, which is dropped when the test ends. A
// server of our own sorts by American English, as many do: what must sort by bytes has to
// say so. It fails the test if there is no server and none can be started.
func Postgres(t testing.TB) string {
	t.Helper()
	address, err := server()
	if err != nil {
		t.Fatalf("no PostgreSQL for this test: %v", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("%s is not a URL", EnvPostgres)
	}
	name := "test_" + strings.ToLower(rand.Text())
	administer(t, address, "create schema "+name)
	t.Cleanup(func() { administer(t, address, "drop schema "+name+" cascade") })
	query := u.Query()
	query.Set("search_path", name)
	u.RawQuery = query.Encode()
	return u.String()
}

func administer(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatalf("PostgreSQL cannot be reached: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// server is one for the whole test process.
var server = sync.OnceValues(func() (string, error) {
	if address := os.Getenv(EnvPostgres); address != "" {
		return address, nil
	}
	programs, err := programs()
	if err != nil {
		return "", err
	}
	return startServer(programs)
})

// programs finds the folder of initdb and postgres, the newest if there are several.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		version := func(path string) int {
			n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
			return n
		}
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	return "", fmt.Errorf("install Debian's package postgresql (or another one of PostgreSQL 15 or later), or set %s to the URL of a server", EnvPostgres)
}

func startServer(programs string) (string, error) {
	folder, err := os.MkdirTemp("", "sallyport-postgres-")
	if err != nil {
		return "", err
	}
	who, err := serverUser(folder)
	if err != nil {
		return "", err
	}
	password := rand.Text()
	passwordFile := filepath.Join(folder, "password")
	if err := os.WriteFile(passwordFile, []byte(password), 0o644); err != nil {
		return "", err
	}
	data := filepath.Join(folder, "data")
	initialise := exec.Command(filepath.Join(programs, "initdb"), "--pgdata", data, "--username", "postgres",
		"--auth", "scram-sha-256", "--pwfile", passwordFile, "--encoding", "UTF8", "--locale", "C",
		"--locale-provider", "icu", "--icu-locale", "en-US", "--no-sync")
	initialise.SysProcAttr = who
	initialise.Dir = folder
	if out, err := initialise.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	var failed error
	for range 3 { // another program may take the port in between
		address, err := run(programs, data, password, who)
		if err == nil {
			return address, nil
		}
		failed = errors.Join(failed, err)
	}
	return "", failed
}

// serverUser gives the folder to the user that the server will run as: PostgreSQL
// refuses to be root.
func serverUser(folder string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres: %w", err)
	}
	uid, _ := strconv.Atoi(account.Uid)
	gid, _ := strconv.Atoi(account.Gid)
	if err := os.Chown(folder, uid, gid); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// watch runs the server until its standard input ends, which it does when the test
// process ends, however it ends. Then it stops the server and removes its folder.
const watch = `"$@" </dev/null >"$FOLDER/log" 2>&1 & server=$!
read -r _
kill -QUIT $server
wait $server
cd / && rm -rf "$FOLDER"`

// lifelines are kept from the garbage collector, which would close them.
var lifelines []io.Closer

func run(programs, data, password string, who *syscall.SysProcAttr) (string, error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	// Small and forgetful: it lives for one test process.
	cmd := exec.Command("/bin/sh", "-c", watch, "watch", filepath.Join(programs, "postgres"),
		"-c", "listen_addresses=127.0.0.1", "-c", "port="+strconv.Itoa(port), "-c", "unix_socket_directories=",
		"-c", "shared_buffers=16MB", "-c", "max_connections=80", "-c", "jit=off", "-c", "max_parallel_workers=0",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_wal_size=64MB")
	cmd.Env = []string{"PGDATA=" + data, "FOLDER=" + filepath.Dir(data), "PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	// A group of its own: a signal to the test's group must not end the watch before the server.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if who != nil {
		cmd.SysProcAttr.Credential = who.Credential
	}
	cmd.Dir = filepath.Dir(data)
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	lifelines = append(lifelines, lifeline)
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()

	address := fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", password, port)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			conn.Close(ctx)
			return address, nil
		}
		select {
		case <-ended:
			return "", errors.New("the server ended")
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(filepath.Dir(data), "log"))
			return "", fmt.Errorf("the server does not start: %w\n%s", err, log)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
