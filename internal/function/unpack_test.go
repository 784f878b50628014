package function

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

type entryOf struct {
	name, content string
	mode          uint32
}

func archiveOf(t testing.TB, entries ...entryOf) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, CreatorVersion: 3 << 8, ExternalAttrs: e.mode << 16}
		if e.content == "" { // quicker, for those with thousands of entries
			h.Method = zip.Store
		}
		out, err := w.CreateHeader(h)
		if err == nil {
			_, err = out.Write([]byte(e.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bombOf has a file of so many MiB of zeros each. One MiB is packed, and stands
// there as often as is needed: packing them all takes a minute under the race detector.
func bombOf(t testing.TB, mebibytes ...int) []byte {
	t.Helper()
	zeros := make([]byte, 1<<20)
	var packed bytes.Buffer
	f, err := flate.NewWriter(&packed, flate.BestCompression)
	if err == nil {
		_, err = f.Write(zeros)
	}
	if err == nil {
		err = f.Flush()
	}
	one := bytes.Clone(packed.Bytes())
	if err == nil {
		err = f.Close()
	}
	end := packed.Bytes()[len(one):]

	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, n := range mebibytes {
		sum := crc32.NewIEEE()
		for range n {
			_, _ = sum.Write(zeros)
		}
		body := append(bytes.Repeat(one, n), end...)
		out, made := w.CreateRaw(&zip.FileHeader{Name: string(rune('a' + i)), Method: zip.Deflate, CreatorVersion: 3 << 8, ExternalAttrs: plain << 16,
			CRC32: sum.Sum32(), CompressedSize64: uint64(len(body)), UncompressedSize64: uint64(n) << 20})
		if err = errors.Join(err, made); err == nil {
			_, err = out.Write(body)
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What bombOf makes is a good package as long as it is no bomb.
func TestAPackageThatShrinksALittleIsUnpacked(t *testing.T) {
	c, err := openCodeFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.put("0123", bombOf(t, 1, 2)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(c.path("0123"), "b")); err != nil || info.Size() != 2<<20 {
		t.Errorf("%v, %v", info, err)
	}
}

const (
	plain = 0o100644
	exec  = 0o100755
	link  = 0o120777
)

func TestUnpackRefuses(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	many := make([]entryOf, maxEntries+1)
	for i := range many {
		many[i] = entryOf{"d/" + strings.Repeat("x", i%200) + string(rune('a'+i%26)) + itoa(i), "", plain}
	}
	cases := map[string][]byte{
		"nothing at all":           {},
		"no zip":                   []byte("hello, this is no zip"),
		"an empty zip":             archiveOf(t),
		"an absolute path":         archiveOf(t, entryOf{outside, "x", plain}),
		"a path that escapes":      archiveOf(t, entryOf{"../outside", "x", plain}),
		"a path that escapes late": archiveOf(t, entryOf{"a/../../outside", "x", plain}),
		"a path that goes back":    archiveOf(t, entryOf{"a/../b", "x", plain}),
		"a backslash":              archiveOf(t, entryOf{`..\outside`, "x", plain}),
		"a drive":                  archiveOf(t, entryOf{"C:/outside", "x", plain}),
		"an empty segment":         archiveOf(t, entryOf{"a//b", "x", plain}),
		"a zero byte":              archiveOf(t, entryOf{"a\x00b", "x", plain}),
		"a line end":               archiveOf(t, entryOf{"a\nb", "x", plain}),
		"no UTF-8":                 archiveOf(t, entryOf{"a\xff", "x", plain}),
		"a long name":              archiveOf(t, entryOf{strings.Repeat("a", 256), "x", plain}),
		"a long path":              archiveOf(t, entryOf{strings.Repeat("a/", 600) + "b", "x", plain}),
		"a link":                   archiveOf(t, entryOf{"a", "/etc/passwd", link}),
		"a link, then through it":  archiveOf(t, entryOf{"a", "..", link}, entryOf{"a/outside", "x", plain}),
		"a device":                 archiveOf(t, entryOf{"a", "", 0o020644}),
		"a pipe":                   archiveOf(t, entryOf{"a", "", 0o010644}),
		"a socket":                 archiveOf(t, entryOf{"a", "", 0o140644}),
		"a folder without a slash": archiveOf(t, entryOf{"a", "", 0o040755}),
		"a name twice":             archiveOf(t, entryOf{"a", "1", plain}, entryOf{"a", "2", plain}),
		"a name in two spellings":  archiveOf(t, entryOf{"a", "1", plain}, entryOf{"./a", "2", plain}),
		"a file as a folder":       archiveOf(t, entryOf{"a", "1", plain}, entryOf{"a/b", "2", plain}),
		"a folder as a file":       archiveOf(t, entryOf{"a/b", "1", plain}, entryOf{"a", "2", plain}),
		"too many files":           archiveOf(t, many...),
		"a bomb":                   bombOf(t, 100),
		"many small bombs":         bombOf(t, 40, 40),
		"a damaged file":           damaged(t, func(b []byte, data int) { b[data+2] ^= 0x55 }),
		"a size understated":       declaring(t, 3),
		"a size overstated":        declaring(t, 1<<20),
		"encrypted":                flagged(t, 1),
		"an unknown method":        methodOf(t, 99),
		"too large":                make([]byte, maxZipped+1),
	}
	if runtime.GOOS == "darwin" {
		cases["names that differ in case"] = archiveOf(t, entryOf{"a", "1", plain}, entryOf{"A", "2", plain})
	}
	for what, archive := range cases {
		t.Run(what, func(t *testing.T) {
			c, err := openCodeFolder(filepath.Join(t.TempDir(), "code"))
			if err != nil {
				t.Fatal(err)
			}
			err = c.put("0123", archive)
			if _, ok := errors.AsType[*errZip](err); !ok {
				t.Fatalf("got %v, want a refusal", err)
			}
			if left, _ := os.ReadDir(c.dir); len(left) > 0 {
				t.Errorf("something was left behind: %v", left)
			}
			if _, err := os.Lstat(outside); err == nil {
				t.Error("something was written outside")
			}
		})
	}
}

// Modes are the package's own only as far as running a file goes.
func TestUnpackedModes(t *testing.T) {
	c, err := openCodeFolder(filepath.Join(t.TempDir(), "code"))
	if err != nil {
		t.Fatal(err)
	}
	archive := archiveOf(t, entryOf{"bootstrap", "x", 0o100711 | 0o6000}, entryOf{"lib/", "", 0o040700}, entryOf{"lib/data.json", "{}", 0o100666}, entryOf{"no/mode", "x", 0})
	for range 2 {
		if err := c.put("0123", archive); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]fs.FileMode{
		".": 0o700 | fs.ModeDir, "bootstrap": 0o700, "lib": 0o700 | fs.ModeDir, "lib/data.json": 0o600, "no": 0o700 | fs.ModeDir, "no/mode": 0o600,
	} {
		info, err := os.Stat(filepath.Join(c.path("0123"), path))
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if info, _ := os.Stat(c.dir); info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v", info.Mode())
	}
}

func TestSweepTouchesOnlyItsOwn(t *testing.T) {
	c, err := openCodeFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	used, unused := strings.Repeat("a", 64), strings.Repeat("b", 64)
	for _, name := range []string{used, unused, "unpacking-17", "mine", "unpacking-x"} {
		if err := os.Mkdir(c.path(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.sweep(map[string]bool{used: true}); err != nil {
		t.Fatal(err)
	}
	for name, stays := range map[string]bool{used: true, unused: false, "unpacking-17": false, "mine": true, "unpacking-x": true} {
		if c.has(name) != stays {
			t.Errorf("%s stays: %t", name, c.has(name))
		}
	}
}

// Whatever the bytes, nothing appears outside, nothing but plain files and
// folders inside, and no more than is allowed.
func FuzzUnpack(f *testing.F) {
	f.Add(archiveOf(f, entryOf{"bootstrap", "x", exec}, entryOf{"a/b", "y", plain}))
	f.Add(archiveOf(f, entryOf{"../x", "x", plain}))
	f.Add(archiveOf(f, entryOf{"a", "..", link}, entryOf{"a/b", "y", plain}))
	f.Add(declaring(f, 7))
	f.Fuzz(func(t *testing.T, archive []byte) {
		home := t.TempDir()
		dir := filepath.Join(home, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		_ = unpack(archive, dir)
		if around, _ := os.ReadDir(home); len(around) != 1 {
			t.Fatalf("outside: %v", around)
		}
		total := int64(0)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.IsDir() && !d.Type().IsRegular() {
				t.Errorf("%s is %v", path, d.Type())
			}
			if info, err := d.Info(); err == nil && !d.IsDir() {
				total += info.Size()
				if m := info.Mode(); m != 0o600 && m != 0o700 {
					t.Errorf("%s has mode %v", path, m)
				}
			}
			return nil
		})
		if err != nil || total > maxUnpacked {
			t.Errorf("%d bytes, %v", total, err)
		}
	})
}

// The same over archives that are sound in form, so that the fuzzer's work goes
// into names and modes and not into checksums.
func FuzzUnpackEntries(f *testing.F) {
	f.Add("a", uint32(link), "..", "a/b", uint32(plain))
	f.Add("a/b", uint32(exec), "x", "a", uint32(plain))
	f.Add("./a/", uint32(0o040755), "", "a", uint32(0o020644))
	f.Add("a/../b", uint32(0), "", `c\d`, uint32(0o107777))
	f.Fuzz(func(t *testing.T, one string, mode uint32, content, two string, other uint32) {
		if len(one) > 0xFFFF || len(two) > 0xFFFF || strings.HasSuffix(one, "/") && content != "" {
			return // not to be written by archive/zip
		}
		home := t.TempDir()
		dir := filepath.Join(home, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		err := unpack(archiveOf(t, entryOf{one, content, mode}, entryOf{two, "", other}), dir)
		if around, _ := os.ReadDir(home); len(around) != 1 {
			t.Fatalf("outside: %v", around)
		}
		if walked := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !d.Type().IsRegular() {
				t.Errorf("%s is %v", path, d.Type())
			}
			return err
		}); walked != nil {
			t.Error(walked)
		}
		if _, refused := errors.AsType[*errZip](err); err != nil && !refused {
			t.Errorf("an error that is not the package's fault: %v", err)
		}
	})
}

func itoa(n int) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append(b, byte('0'+n%10))
	}
	return string(b)
}

// damaged changes the data of the one file of an archive.
func damaged(t testing.TB, change func(b []byte, data int)) []byte {
	t.Helper()
	b := archiveOf(t, entryOf{"a", strings.Repeat("pizza margherita ", 20), plain})
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	offset, err := r.File[0].DataOffset()
	if err != nil {
		t.Fatal(err)
	}
	change(b, int(offset))
	return b
}

// central changes the entry in the archive's directory, which is what readers go by.
func central(t testing.TB, change func(header []byte)) []byte {
	t.Helper()
	b := archiveOf(t, entryOf{"a", "pizza", plain})
	change(b[bytes.Index(b, centralHeader):])
	return b
}

func declaring(t testing.TB, size uint32) []byte {
	return central(t, func(h []byte) { h[24], h[25], h[26], h[27] = byte(size), byte(size>>8), byte(size>>16), byte(size>>24) })
}

func flagged(t testing.TB, flag byte) []byte {
	return central(t, func(h []byte) { h[8] |= flag })
}

func methodOf(t testing.TB, method byte) []byte {
	return central(t, func(h []byte) { h[10] = method })
}
