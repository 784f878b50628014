package sallyport_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sallyport/sallyport/"

// rows is the house from the top floor down. A package may import what stands
// in a lower row, and of its own row only what siblings lists.
var rows = [][]string{
	{"cmd/sallyport"},
	{"internal/server"},
	{"internal/userpool", "internal/account", "internal/gateway", "internal/function", "internal/template"},
	{"internal/awsapi", "internal/runner"},
	{"internal/access"},
	{"internal/outbox"},
	{"internal/store", "internal/keyring"},
	{"internal/audit", "internal/clock"},
	{"internal/policy", "internal/sigv4", "verify"},
}

// outside are packages that belong to no row: tests may use them anywhere, the
// house itself nowhere; examples use only what is public.
var outside = []string{"examples/", "internal/store/storetest", "internal/awsapi/awsapitest", "internal/store/migrations"}

// siblings are the exceptions, each with its reason.
var siblings = map[[2]string]string{}

// config is read by the commands and the server only, so that no service can
// depend on how the server was started.
var readers = map[string][]string{
	"internal/config": {"cmd/sallyport", "internal/server"},
}

// pure packages use the standard library alone, so that anybody can read, and
// anybody's function can carry, all that they do.
var pure = []string{"verify", "internal/policy", "internal/sigv4"}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsGoDownOnly(t *testing.T) {
	level := map[string]int{}
	for i, row := range rows {
		for _, p := range row {
			level[p] = i
		}
	}
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		if isOutside(from) {
			continue
		}
		_, isReader := readers[from]
		mine, known := level[from]
		if !known && !isReader {
			t.Errorf("%s stands in no row of the house: say in imports_test.go where it belongs", from)
			continue
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if !ours {
				if slices.Contains(pure, from) && strings.Contains(strings.Split(i, "/")[0], ".") {
					t.Errorf("%s imports %s: it promises to use the standard library alone", from, i)
				}
				continue
			}
			if allowed, guarded := readers[to]; guarded {
				if !slices.Contains(allowed, from) {
					t.Errorf("%s imports %s: settings are handed in by the server, not read", from, to)
				}
				continue
			}
			if to == "internal/store/migrations" && from == "internal/store" || isReader {
				continue
			}
			theirs, known := level[to]
			switch {
			case !known:
				t.Errorf("%s imports %s, which only tests may", from, to)
			case theirs < mine:
				t.Errorf("%s imports %s, which stands above it: declare what you need as an interface and let internal/server hand it in", from, to)
			case theirs == mine && siblings[[2]string{from, to}] == "":
				t.Errorf("%s imports %s beside it: services know nothing of each other; declare the methods you need as an interface and let internal/server hand it in", from, to)
			}
		}
	}
}

func isOutside(path string) bool {
	return slices.ContainsFunc(outside, func(o string) bool { return strings.HasPrefix(path, o) })
}

func list(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.ImportPath) > len(module) {
			all = append(all, p)
		}
	}
}
