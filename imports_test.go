package sallyport_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
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
	{"internal/userpool", "internal/identitypool", "internal/account", "internal/restapi", "internal/httpapi", "internal/function", "internal/template", "internal/kms"},
	{"internal/awsapi", "internal/runner", "internal/gateway", "internal/userpool/passkey"},
	{"internal/userpool/trigger", "internal/gateway/authorizer", "internal/gateway/bearer", "internal/gateway/throttle", "internal/gateway/accesslog", "internal/gateway/upstream"},
	{"internal/access", "internal/courier"},
	{"internal/outbox", "internal/jws", "internal/journal", "internal/issuer"},
	{"internal/keyring"},
	{"internal/store"},
	{"internal/audit", "internal/clock"},
	{"internal/policy", "internal/sigv4", "internal/strictjson", "internal/srp", "internal/totp", "internal/compromised", "internal/kms/message", "verify"},
}

// outside are packages that belong to no row: tests may use them anywhere, the
// house itself nowhere; examples and the benchmark use only what is public.
var outside = []string{"examples/", "bench", "internal/store/storetest", "internal/awsapi/awsapitest", "internal/store/migrations"}

// siblings are the exceptions, each with its reason.
var siblings = map[[2]string]string{}

// config is read by the commands and the server only, so that no service can
// depend on how the server was started.
var readers = map[string][]string{
	"internal/config": {"cmd/sallyport", "internal/server"},
}

// pure packages use the standard library alone, so that anybody can read, and
// anybody's function can carry, all that they do.
var pure = []string{"verify", "internal/policy", "internal/strictjson", "internal/sigv4", "internal/srp", "internal/totp", "internal/compromised", "internal/kms/message"}

type listed struct {
	path    string // below the module
	imports []string
}

func TestImportsGoDownOnly(t *testing.T) {
	level := map[string]int{}
	for i, row := range rows {
		for _, p := range row {
			level[p] = i
		}
	}
	for _, p := range list(t) {
		from := p.path
		if isOutside(from) {
			continue
		}
		_, isReader := readers[from]
		mine, known := level[from]
		if !known && !isReader {
			t.Errorf("%s stands in no row of the house: say in imports_test.go where it belongs", from)
			continue
		}
		for _, i := range p.imports {
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

// list reads the imports of every package, of all platforms, tests left out.
func list(t *testing.T) []listed {
	t.Helper()
	imports := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		of := filepath.ToSlash(filepath.Dir(path))
		for _, i := range file.Imports {
			imports[of] = append(imports[of], strings.Trim(i.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for of, names := range imports {
		slices.Sort(names)
		all = append(all, listed{of, slices.Compact(names)})
	}
	return all
}
