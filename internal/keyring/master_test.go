package keyring_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/sallyport/sallyport/internal/keyring"
)

// sameMaster says whether b opens what a has wrapped.
func sameMaster(t *testing.T, a, b keyring.Master) bool {
	t.Helper()
	shelf := newShelf(t)
	openRing(t, a, shelf)
	_, err := keyring.Open(t.Context(), b, shelf)
	return err == nil
}

func TestMasterKeyIsMadeOnceAndReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "master.key")
	if _, err := keyring.MasterFromFile(path, false); !errors.Is(err, keyring.ErrNoMaster) || !strings.Contains(err.Error(), "restore the file") {
		t.Fatalf("a missing file: %v, want ErrNoMaster and what to do", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("it was made although it should not be")
	}
	masters := make([]keyring.Master, 8)
	var group sync.WaitGroup
	for i := range masters {
		group.Go(func() {
			var err error
			if masters[i], err = keyring.MasterFromFile(path, true); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, m := range masters {
		if !sameMaster(t, masters[0], m) {
			t.Error("two processes that started at once have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	text, _ := os.ReadFile(path)
	m, err := keyring.MasterFromText(string(text))
	if err != nil || !sameMaster(t, masters[0], m) {
		t.Errorf("the file's text is not the key: %v", err)
	}
}

func TestMasterKeyFileThatIsNotSafeIsRefused(t *testing.T) {
	good := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), 32))
	for name, c := range map[string]struct {
		text string
		mode fs.FileMode
		says string
	}{
		"readable by the group": {good, 0o640, "chmod 600"},
		"readable by others":    {good, 0o604, "chmod 600"},
		"writable by others":    {good, 0o602, "chmod 600"},
		"executable":            {good, 0o700, "chmod 600"},
		"empty":                 {"", 0o600, "32 bytes"},
		"too short":             {good[:40], 0o600, "32 bytes"},
		"two keys":              {good + "\n" + good, 0o600, "32 bytes"},
		"not base64":            {strings.Repeat("!", 44), 0o600, "32 bytes"},
		"huge":                  {strings.Repeat("A", 1<<20), 0o600, "32 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
			for _, create := range []bool{false, true} {
				_, err := keyring.MasterFromFile(path, create)
				if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path) {
					t.Fatalf("got %v, want one that says %q and the path", err, c.says)
				}
				if c.text != "" && strings.Contains(err.Error(), c.text[:20]) {
					t.Error("the error has the text of the file")
				}
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != c.text {
				t.Errorf("the file was written to (%v)", err)
			}
		})
	}
	t.Run("a folder", func(t *testing.T) {
		if _, err := keyring.MasterFromFile(t.TempDir(), true); err == nil {
			t.Error("it was taken")
		}
	})
	t.Run("a named pipe", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.MasterFromFile(path, true); err == nil {
			t.Error("it was taken")
		}
	})
	if os.Geteuid() == 0 { // who is not root can give no file away
		t.Run("somebody else's", func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "master.key")
			if err := errors.Join(os.WriteFile(path, []byte(good), 0o600), os.Chown(path, 65534, 65534)); err != nil {
				t.Fatal(err)
			}
			if _, err := keyring.MasterFromFile(path, true); err == nil || !strings.Contains(err.Error(), "belongs to user 65534") {
				t.Errorf("got %v, want one that names the owner", err)
			}
		})
	}
}

func TestMasterKeyAsText(t *testing.T) {
	key := append(bytes.Repeat([]byte{0xfb}, 31), 0xff)
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if _, err := keyring.MasterFromText(" " + e.EncodeToString(key) + "\n"); err != nil {
			t.Error(err)
		}
	}
	for _, text := range []string{"", "password-password-password-passwo", base64.StdEncoding.EncodeToString(key[:31]), base64.StdEncoding.EncodeToString(append(key, 0))} {
		_, err := keyring.MasterFromText(text)
		if err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("MasterFromText(%q): %v", text, err)
		}
	}
}

func TestSecretsPrintAsRedacted(t *testing.T) {
	const text = "hunter2"
	secret := keyring.NewSecret(text)
	master, err := keyring.MasterFromText(base64.StdEncoding.EncodeToString([]byte(strings.Repeat(text+"x", 4))))
	if err != nil {
		t.Fatal(err)
	}
	type account struct {
		Name   string
		Secret keyring.Secret
		hidden keyring.Secret
		master keyring.Master
		more   map[string]keyring.Secret
	}
	a := account{"a", secret, secret, master, map[string]keyring.Secret{"k": secret}}
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T %[1]v", "% x", "%10.3s", "%w"} {
		for _, v := range []any{secret, &secret, []keyring.Secret{secret}, master, &master, a, &a} {
			out = append(out, fmt.Sprintf(verb, v))
		}
	}
	if got := fmt.Sprintf("%s", secret); got != "[redacted]" {
		t.Errorf("%%s gives %q", got)
	}
	for _, v := range []any{secret, &secret, a, map[string]any{"s": secret, "m": master}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		out = append(out, string(text))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		out = append(out, log.String())
	}
	out = append(out, fmt.Errorf("wrapped %v", secret).Error())
	for _, o := range out {
		if strings.Contains(o, text) || strings.Contains(strings.ToLower(o), fmt.Sprintf("%x", text)) {
			t.Errorf("%q has the secret", o)
		}
	}
	if secret.Reveal() != text || (keyring.Secret{}).Reveal() != "" {
		t.Error("Reveal does not give the text")
	}
}
