package userpool

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDeviceNames(t *testing.T) {
	for agent, want := range map[string]string{
		"": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                         "Chrome 126, Windows 10",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68":       "Edge 126, Windows 10",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15":                   "Safari 17, Mac OS X",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari 17, iPhone",
		"Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0":                                                                  "Firefox 127, Linux",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                   "Chrome 126, Android",
		"aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22": "aws-sdk-go-v2 1.30.0",
		"curl/8.5.0":                 "curl 8.5.0",
		"Mozilla/5.0 something":      "",
		"<script>\x00\r\nx</script>": "<script>x< script>",
	} {
		if got := deviceName(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func FuzzDeviceName(f *testing.F) {
	f.Add("Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0")
	f.Add("\xff\x00" + strings.Repeat("é", 5000))
	f.Fuzz(func(t *testing.T, agent string) {
		name := deviceName(agent)
		if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxDevice || strings.ContainsAny(name, "\x00\r\n\x1b\u202e") {
			t.Errorf("%q", name)
		}
	})
}
