package runner

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ownsSocket says whether the loopback connection from peerPort to ourPort was
// opened by the process group of leader. stranger: it is someone else's.
func ownsSocket(leader, peerPort, ourPort int) (owned, stranger bool) {
	inode := socketInode(peerPort, ourPort)
	if inode == "" || inode == "0" {
		return false, false // closed already
	}
	link := "socket:[" + inode + "]"
	if holds(leader, link) {
		return true, false
	}
	for _, s := range processes() {
		if s.group == leader && s.pid != leader && holds(s.pid, link) {
			return true, false
		}
	}
	return false, true
}

// socketInode finds the connection 127.0.0.1:from -> 127.0.0.1:to. Java and
// others use IPv6 sockets for it.
func socketInode(from, to int) string {
	port := func(n int) string { return strings.ToUpper(strconv.FormatInt(int64(n)|1<<16, 16)[1:]) }
	for file, host := range map[string]string{
		"/proc/self/net/tcp":  loopback4,
		"/proc/self/net/tcp6": loopback6,
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		want := []byte(" " + host + ":" + port(from) + " " + host + ":" + port(to) + " ")
		for line := range bytes.Lines(b) {
			if bytes.Contains(line, want) {
				if fields := bytes.Fields(line); len(fields) > 9 {
					return string(fields[9])
				}
			}
		}
	}
	return ""
}

// 127.0.0.1 as a little-endian machine prints it, and the same within IPv6.
const (
	loopback4 = "0100007F"
	loopback6 = "0000000000000000FFFF00000100007F"
)

func holds(pid int, link string) bool {
	dir := "/proc/" + strconv.Itoa(pid) + "/fd"
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	for _, name := range names {
		if to, err := os.Readlink(dir + "/" + name); err == nil && to == link {
			return true
		}
	}
	return false
}

// processStat is a part of /proc/PID/stat.
type processStat struct {
	pid, group int
	resident   int64 // bytes
}

func processes() []processStat {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1)
	var list []processStat
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		if b, err := os.ReadFile("/proc/" + name + "/stat"); err == nil {
			if s, ok := parseStat(pid, b); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// parseStat reads the line after the command, which may hold anything.
func parseStat(pid int, b []byte) (processStat, bool) {
	i := bytes.LastIndexByte(b, ')')
	if i < 0 {
		return processStat{}, false
	}
	fields := bytes.Fields(b[i+1:])
	if len(fields) < 22 {
		return processStat{}, false
	}
	group, err1 := strconv.Atoi(string(fields[2]))
	pages, err2 := strconv.ParseInt(string(fields[21]), 10, 64)
	return processStat{pid, group, pages * int64(os.Getpagesize())}, err1 == nil && err2 == nil
}

// memoryOf is the resident memory of one process, in bytes.
func memoryOf(pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	s, _ := parseStat(pid, b)
	return s.resident
}

// endFirst makes a process, and what it will start, the first that the kernel
// ends when memory runs out. Where that cannot be said the kernel chooses.
func endFirst(pid int) {
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("1000"), 0)
}

// groups adds up every process group. Pages that processes share count for
// each of them.
func groups() map[int]group {
	all := map[int]group{}
	for _, s := range processes() {
		g := all[s.group]
		g.resident += s.resident
		g.processes++
		all[s.group] = g
	}
	return all
}

// killOrphans ends processes whose temporary folder lay in dir: children of
// functions of a server that was killed. They say so in their environment.
func killOrphans(dir string) {
	for _, s := range processes() {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(s.pid) + "/environ")
		if err != nil {
			continue
		}
		for entry := range bytes.SplitSeq(b, []byte{0}) {
			if folder, ok := strings.CutPrefix(string(entry), "TMPDIR="); ok && filepath.Dir(folder) == dir && s.pid != os.Getpid() {
				if p, err := os.FindProcess(s.pid); err == nil {
					_ = p.Kill()
				}
			}
		}
	}
}
