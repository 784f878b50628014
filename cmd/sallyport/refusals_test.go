package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestASecondServerOnTheSameDataIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	serve(t, freeAddress(t), nil, "--data", data)
	second := launch(t, nil, "up", "--listen", freeAddress(t), "--data", data)
	if code := second.exits(t); code != exitFailed || !strings.Contains(second.err.String(), "in use by another sallyport") {
		t.Errorf("it ended with %d: %s", code, second.err)
	}
}

func TestALostOrForeignMasterKeyIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	serve(t, freeAddress(t), nil, "--data", data).interrupt(t)
	key := filepath.Join(data, "master.key")
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"lost": func() error { return os.Remove(key) },
		"another one": func() error {
			return os.WriteFile(key, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 0o600)
		},
		"open to all":   func() error { return errors.Join(os.WriteFile(key, text, 0o600), os.Chmod(key, 0o644)) },
		"only half one": func() error { return os.WriteFile(key, text[:20], 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				os.Remove(key)
				if err := os.WriteFile(key, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}()
			p := launch(t, nil, "up", "--listen", freeAddress(t), "--data", data)
			if code := p.exits(t); code != exitFailed || !strings.Contains(p.err.String(), "master key") || strings.Count(p.err.String(), "\n") != 1 {
				t.Errorf("it ended with %d: %s", code, p.err)
			}
		})
	}
	serve(t, freeAddress(t), nil, "--data", data).interrupt(t) // the right one still opens it
}

func TestATakenPortIsRefusedBeforeAnythingIsMade(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	data := filepath.Join(t.TempDir(), "data")
	p := launch(t, nil, "up", "--listen", taken.Addr().String(), "--data", data)
	if code := p.exits(t); code != exitFailed || p.err.String() != "sallyport: another program listens on "+taken.Addr().String()+": stop it, or choose another address with --listen\n" {
		t.Errorf("it ended with %d: %s", code, p.err)
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder: %v", err)
	}
}

const nobody = 65534

// As root every file can be written, so that the test runs the program as somebody else.
func TestADatabaseThatCannotBeWrittenIsRefused(t *testing.T) {
	for name, modes := range map[string]struct{ file, folder fs.FileMode }{
		"a file to be read only":   {0o400, 0o700},
		"a folder to be read only": {0o600, 0o500},
	} {
		t.Run(name, func(t *testing.T) {
			home, err := os.MkdirTemp("", "sallyport-read-only-")
			if err != nil {
				t.Fatal(err)
			}
			data := filepath.Join(home, "data")
			t.Cleanup(func() { os.Chmod(data, 0o700); os.RemoveAll(home) })
			binary, err := os.ReadFile(sallyport(t))
			if err != nil {
				t.Fatal(err)
			}
			program := filepath.Join(home, "sallyport")
			database := filepath.Join(data, "sallyport.db")
			for _, err := range []error{os.WriteFile(program, binary, 0o755), os.Mkdir(data, 0o700), os.WriteFile(database, nil, modes.file), os.Chmod(data, modes.folder)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(program, "up", "--listen", "127.0.0.1:0", "--data", data)
			cmd.Dir = home
			if os.Geteuid() == 0 {
				for _, path := range []string{home, program, data, database} {
					if err := os.Chown(path, nobody, nobody); err != nil {
						t.Fatal(err)
					}
				}
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			}
			out, _ := cmd.CombinedOutput()
			if text := string(out); cmd.ProcessState.ExitCode() != exitFailed || strings.Count(text, "\n") != 1 || !strings.Contains(text, "cannot be written") || !strings.Contains(text, "give this user write access") {
				t.Errorf("it ended with %v:\n%s", cmd.ProcessState, text)
			}
		})
	}
}
