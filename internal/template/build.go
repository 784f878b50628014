package template

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// packed is one file of a zip.
type packed struct {
	name       string
	content    []byte
	executable bool
}

// pack zips files so that the same files always give the same bytes: sorted,
// with one fixed time. An unchanged function then has an unchanged hash.
func pack(files []packed) ([]byte, error) {
	slices.SortFunc(files, func(a, b packed) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
		mode := os.FileMode(0o644)
		if f.executable {
			mode = 0o755
		}
		header.SetMode(mode)
		entry, err := w.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// buildTime is the longest that one build may take; the first one downloads modules.
const buildTime = 10 * time.Minute

// bundle builds or packs the code.
func (c *codeSource) bundle(ctx context.Context) (code, error) {
	zipped, err := c.zipped(ctx)
	if err != nil {
		return code{}, err
	}
	return newCode(zipped)
}

func (c *codeSource) zipped(ctx context.Context) ([]byte, error) {
	switch {
	case c.inline != "":
		return pack([]packed{{name: c.inlineName(), content: []byte(c.inline)}})
	case c.build == "go":
		binary, err := buildGo(ctx, c.path)
		if err != nil {
			return nil, err
		}
		return pack([]packed{{name: "bootstrap", content: binary, executable: true}})
	case filepath.Ext(c.path) == ".zip":
		return c.readZip()
	}
	files, err := c.files()
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no files", c.path)
	}
	return pack(files)
}

// buildGo compiles the program in dir for this machine, on which it will run.
// Without cgo, paths and version-control stamps the same source gives the same bytes.
func buildGo(ctx context.Context, dir string) ([]byte, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("the go command is not on the PATH: install Go, or let CodeUri be a folder with a built bootstrap")
	}
	temporary, err := os.MkdirTemp("", "sallyport-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	target := filepath.Join(temporary, "bootstrap")
	build := exec.CommandContext(ctx, tool, "build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", target, ".")
	build.Dir = dir
	build.Env = buildEnvironment(os.Environ())
	build.WaitDelay = 5 * time.Second
	output := &head{limit: 16 << 10}
	build.Stdout, build.Stderr = output, output
	if err := build.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("go build in %s did not end: %w", dir, ctx.Err())
		}
		return nil, fmt.Errorf("go build in %s failed:\n%s", dir, strings.TrimSpace(output.String()))
	}
	return os.ReadFile(target)
}

// buildEnvironment is this process's own, for caches, proxies and module
// settings, without this server's settings, which may hold secrets.
func buildEnvironment(own []string) []string {
	kept := slices.DeleteFunc(slices.Clone(own), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "SALLYPORT_") || strings.HasPrefix(name, "AWS_") || name == "GOOS" || name == "GOARCH"
	})
	return append(kept, "CGO_ENABLED=0")
}

// head keeps the first bytes of what a build prints: the first error is the one to read.
type head struct {
	bytes.Buffer
	limit int
}

func (t *head) Write(p []byte) (int, error) {
	if room := t.limit - t.Len(); room > 0 {
		t.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// hasDependencies says whether a package.json names packages that must be installed.
func hasDependencies(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var p struct {
		Dependencies map[string]any `json:"dependencies"`
	}
	return json.NewDecoder(io.LimitReader(file, 1<<20)).Decode(&p) == nil && len(p.Dependencies) > 0
}
