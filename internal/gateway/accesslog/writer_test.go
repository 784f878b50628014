package accesslog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/gateway/accesslog"
)

var group = accesslog.LogGroup{Region: "eu-west-1", Name: "/aws/apigateway/Pets"}

// notes is what the operator is told.
type notes struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notes) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notes) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func open(t testing.TB, dir string, change ...func(*accesslog.Config)) (*accesslog.Writer, *notes) {
	t.Helper()
	told := &notes{}
	c := accesslog.Config{Dir: dir, Clock: new(clock.Clock), Logger: slog.New(slog.NewTextHandler(told, nil))}
	for _, f := range change {
		f(&c)
	}
	w, err := accesslog.NewWriter(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, told
}

func tail(t testing.TB, dir string, g accesslog.LogGroup, lines int) string {
	t.Helper()
	var out bytes.Buffer
	if err := accesslog.Tail(t.Context(), dir, g, lines, false, &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestLinesAreInTheGroupsFileWhenTheWriterIsClosed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs", "access")
	w, _ := open(t, dir)
	for i := range 1000 {
		w.Group(group).Write(fmt.Appendf(nil, "line %d", i))
	}
	w.Group(accesslog.LogGroup{Region: "us-east-1", Name: "/aws/apigateway/Pets"}).Write([]byte("elsewhere"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Group(group).Write([]byte("too late"))
	if got := tail(t, dir, group, 2); got != "line 998\nline 999\n" {
		t.Error(got)
	}
	if got := strings.Count(tail(t, dir, group, -1), "\n"); got != 1000 {
		t.Errorf("%d lines, want 1000", got)
	}
	// The next server goes on in the same file.
	w, _ = open(t, dir)
	w.Group(group).Write([]byte("next"))
	w.Flush()
	if got := tail(t, dir, group, 2); got != "line 999\nnext\n" {
		t.Error(got)
	}
	groups, err := accesslog.Groups(dir)
	if err != nil || len(groups) != 2 || groups[0] != group || groups[1].Region != "us-east-1" {
		t.Errorf("%v, %v", groups, err)
	}
}

func TestNobodyElseMayReadALog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "access")
	must(t, os.MkdirAll(filepath.Join(dir, "eu-west-1"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "eu-west-1", "old.log"), []byte("half"), 0o644))
	w, _ := open(t, dir)
	w.Group(accesslog.LogGroup{Region: "eu-west-1", Name: "new"}).Write([]byte("x"))
	w.Group(accesslog.LogGroup{Region: "eu-west-1", Name: "old"}).Write([]byte("x"))
	w.Flush()
	for _, name := range []string{"new.log", "old.log"} {
		info, err := os.Stat(filepath.Join(dir, "eu-west-1", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if got := tail(t, dir, accesslog.LogGroup{Region: "eu-west-1", Name: "old"}, -1); got != "half\nx\n" {
		t.Errorf("a line that a crash had left half: %q", got)
	}
}

// A log group whose name climbs, collides or is long has a file of its own, in its place.
func TestNamesOfLogGroupsBecomeFilesOfTheirOwn(t *testing.T) {
	dir := t.TempDir()
	w, _ := open(t, filepath.Join(dir, "access"))
	long := strings.Repeat("/aws/apigateway", 30)
	names := []string{"..", ".", "../../../etc/passwd", "/etc/passwd", "a/b", "a#b", "a-b", "a_b", "A/b", "a/B", ".hidden", "x.log", "x.log.1", long, long + "2"}
	for _, name := range names {
		g := accesslog.LogGroup{Region: "eu-west-1", Name: name}
		must(t, g.Check())
		w.Group(g).Write([]byte(name))
	}
	w.Flush()
	for _, name := range names {
		if got := tail(t, filepath.Join(dir, "access"), accesslog.LogGroup{Region: "eu-west-1", Name: name}, -1); got != name+"\n" {
			t.Errorf("%.40q: %.60q", name, got)
		}
	}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Dir(path) != filepath.Join(dir, "access", "eu-west-1") {
			t.Errorf("%s is in no place of its own", path)
		}
		return err
	}))
	files, _ := os.ReadDir(filepath.Join(dir, "access", "eu-west-1"))
	folded := map[string]bool{}
	for _, f := range files {
		folded[strings.ToLower(f.Name())] = true
	}
	if len(folded) != len(names) {
		t.Errorf("%d files, case folded, of %d groups", len(folded), len(names))
	}
	for _, bad := range []accesslog.LogGroup{{"eu-west-1", ""}, {"../x", "a"}, {"", "a"}, {"eu-west-1", "a\nb"}, {"eu-west-1", "a:b"}, {"eu-west-1", strings.Repeat("a", 513)}} {
		if bad.Check() == nil {
			t.Errorf("%q is taken", bad)
		}
		if accesslog.Tail(t.Context(), dir, bad, 1, false, &bytes.Buffer{}) == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestFilesAreBoundedInSizeAndNumber(t *testing.T) {
	dir := t.TempDir()
	w, _ := open(t, dir, func(c *accesslog.Config) { c.File, c.Old = 100, 2 })
	for i := range 50 {
		w.Group(group).Write(fmt.Appendf(nil, "line number %03d xxxxxxxx", i)) // 25 bytes with its end
		w.Flush()
	}
	files, err := os.ReadDir(filepath.Join(dir, "eu-west-1"))
	must(t, err)
	var names []string
	for _, f := range files {
		info, _ := f.Info()
		if info.Size() > 100 {
			t.Errorf("%s has %d bytes", f.Name(), info.Size())
		}
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "+aws+apigateway+^pets.log +aws+apigateway+^pets.log.1 +aws+apigateway+^pets.log.2" {
		t.Error(got)
	}
	all := strings.Split(strings.TrimSpace(tail(t, dir, group, -1)), "\n")
	if len(all) != 10 || !strings.HasPrefix(all[0], "line number 040") || !strings.HasPrefix(all[9], "line number 049") {
		t.Errorf("%d lines, from %q to %q", len(all), all[0], all[len(all)-1])
	}
	if got := tail(t, dir, group, 5); !strings.HasPrefix(got, "line number 045") || strings.Count(got, "\n") != 5 {
		t.Errorf("the newest five, over two files: %q", got)
	}
}

// blocked is a disk that takes nothing until it is told to: the folder of the
// region is a file.
func blocked(t *testing.T, dir string) (unblock func()) {
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "eu-west-1"), nil, 0o600))
	return func() { must(t, os.Remove(filepath.Join(dir, "eu-west-1"))) }
}

func TestLinesThatFindNoRoomAreCountedAndTold(t *testing.T) {
	dir := t.TempDir()
	w, told := open(t, dir, func(c *accesslog.Config) { c.Queue = 100 })
	w.Group(group).Write(bytes.Repeat([]byte("x"), 100)) // with its newline too much for the queue
	w.Group(group).Write(bytes.Repeat([]byte("y"), 99))
	w.Close()
	if got := tail(t, dir, group, -1); got != strings.Repeat("y", 99)+"\n" {
		t.Error(got)
	}
	if got := told.String(); !strings.Contains(got, "dropped") || !strings.Contains(got, "lines=1") || !strings.Contains(got, "/aws/apigateway/Pets") {
		t.Error(got)
	}
}

func TestADiskThatTakesNothingIsToldOfAndNotWaitedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "access")
	unblock := blocked(t, dir)
	now := new(clock.Clock)
	w, told := open(t, dir, func(c *accesslog.Config) { c.Clock = now })
	for range 3 {
		w.Group(group).Write([]byte("lost"))
		w.Flush()
	}
	if got := told.String(); strings.Count(got, "could not be written") != 1 || !strings.Contains(got, "lines=1") {
		t.Errorf("at once, and then every ten seconds: %s", got)
	}
	now.Advance(time.Minute)
	w.Group(group).Write([]byte("lost"))
	w.Flush()
	if got := told.String(); !strings.Contains(got, "lines=3") {
		t.Error(got)
	}
	unblock()
	w.Group(group).Write([]byte("kept"))
	w.Flush()
	if got := tail(t, dir, group, -1); got != "kept\n" {
		t.Error(got)
	}
}

func TestAFileThatIsTakenAwayIsBegunAnew(t *testing.T) {
	dir := t.TempDir()
	w, _ := open(t, dir)
	w.Group(group).Write([]byte("one"))
	w.Flush()
	must(t, os.RemoveAll(filepath.Join(dir, "eu-west-1")))
	w.Group(group).Write([]byte("two"))
	w.Flush()
	if got := tail(t, dir, group, -1); got != "two\n" {
		t.Error(got)
	}
	must(t, w.Clear())
	if groups, err := accesslog.Groups(dir); err != nil || len(groups) != 0 {
		t.Errorf("after a reset: %v, %v", groups, err)
	}
	w.Group(group).Write([]byte("three"))
	w.Flush()
	if got := tail(t, dir, group, -1); got != "three\n" {
		t.Error(got)
	}
}

func TestManyGroupsKeepFewFilesOpen(t *testing.T) {
	dir := t.TempDir()
	w, told := open(t, dir)
	for round := range 2 {
		for i := range 300 {
			w.Group(accesslog.LogGroup{Region: "eu-west-1", Name: fmt.Sprint("g", i)}).Write(fmt.Appendf(nil, "%d", round))
			if i%10 == 0 {
				w.Flush()
			}
		}
	}
	w.Flush()
	files, err := os.ReadDir("/proc/self/fd")
	must(t, err)
	if len(files) > 100 {
		t.Errorf("%d files are open", len(files))
	}
	w.Close()
	if got := tail(t, dir, accesslog.LogGroup{Region: "eu-west-1", Name: "g7"}, -1); got != "0\n1\n" || told.String() != "" {
		t.Errorf("%q %s", got, told)
	}
}

// sink hands on what is copied, line by line.
type sink chan string

func (s sink) Write(p []byte) (int, error) {
	for l := range strings.SplitSeq(strings.TrimSuffix(string(p), "\n"), "\n") {
		s <- l
	}
	return len(p), nil
}

func TestFollowingGoesOnOverFilesThatArePutAside(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	out, ended := make(sink, 1000), make(chan error, 1)
	go func() { ended <- accesslog.Tail(ctx, dir, group, 10, true, out) }()
	w, _ := open(t, dir, func(c *accesslog.Config) { c.File, c.Old = 50, 3 })
	for i := range 12 {
		want := fmt.Sprint("line ", i)
		w.Group(group).Write([]byte(want))
		w.Flush()
		if got := <-out; got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestALogThatIsNotThere(t *testing.T) {
	if err := accesslog.Tail(t.Context(), t.TempDir(), group, 10, false, &bytes.Buffer{}); !errors.Is(err, accesslog.ErrNoLog) {
		t.Error(err)
	}
	if groups, err := accesslog.Groups(filepath.Join(t.TempDir(), "none")); err != nil || groups != nil {
		t.Errorf("%v, %v", groups, err)
	}
}

func TestDestinations(t *testing.T) {
	const account, region = "000000000000", "eu-west-1"
	for arn, want := range map[string]string{
		"arn:aws:logs:eu-west-1:000000000000:log-group:/aws/apigateway/Pets":   "",
		"arn:aws:logs:eu-west-1:000000000000:log-group:/aws/apigateway/Pets:*": "",
		"arn:aws:logs:us-east-1:000000000000:log-group:a":                      "of the account and the region",
		"arn:aws:logs:eu-west-1:111122223333:log-group:a":                      "of the account and the region",
		"arn:aws:logs:eu-west-1:000000000000:log-group:":                       "must be the ARN",
		"arn:aws:logs:eu-west-1:000000000000:log-group:a:log-stream:b":         "must be the ARN",
		"arn:aws:logs:eu-west-1:000000000000:log-group:a b":                    "must be the ARN",
		"/aws/apigateway/Pets": "must be the ARN",
		"arn:aws:firehose:eu-west-1:000000000000:deliverystream/amazon-apigateway-x": "Firehose stream as the destination of access logs (destinationArn) is not supported by Sallyport yet",
	} {
		got, err := accesslog.ParseDestination(arn, account, region)
		if want == "" && (err != nil || got != group) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, %v", arn, got, err)
		}
	}
	for _, c := range []struct {
		arn, format string
		ok          bool
	}{
		{"", "", true}, {"", "$context.requestId", true}, {"arn:aws:logs:eu-west-1:000000000000:log-group:a", "", true},
		{"x", "", false}, {"", "x", false}, {"arn:aws:logs:eu-west-1:000000000000:log-group:a", "$context.routeKey $context.requestId", false},
	} {
		if err := accesslog.Check(accesslog.REST, c.arn, c.format, account, region); (err == nil) != c.ok {
			t.Errorf("%q, %q: %v", c.arn, c.format, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkLogWrite(b *testing.B) {
	w, _ := open(b, b.TempDir())
	f, err := accesslog.Compile(asJSON, accesslog.REST)
	must(b, err)
	log := accesslog.NewLog(f, w.Group(group))
	b.ReportAllocs()
	for b.Loop() {
		log.Write(request.of)
	}
}
