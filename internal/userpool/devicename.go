package userpool

import (
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const maxDevice = 128 // characters

// browsers are known by a product of the user agent; those that others imitate come last.
var browsers = []struct{ product, name string }{
	{"Edg", "Edge"}, {"EdgA", "Edge"}, {"EdgiOS", "Edge"}, {"OPR", "Opera"}, {"SamsungBrowser", "Samsung Internet"},
	{"FxiOS", "Firefox"}, {"Firefox", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"},
}

var systems = []struct{ mark, name string }{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows NT 10.0", "Windows 10"}, {"Windows", "Windows"},
	{"CrOS", "Chrome OS"}, {"Mac OS X", "Mac OS X"}, {"Linux", "Linux"},
}

// deviceName is what a user agent says of a device, for people to read: "Chrome
// 126, Windows 10". Anybody can say anything there, so it proves nothing.
func deviceName(agent string) string {
	agent = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, agent[:min(len(agent), 4*maxDevice)])
	name := strings.Replace(firstWord(agent), "/", " ", 1)
	if strings.HasPrefix(agent, "Mozilla/") {
		name = browserName(agent)
	}
	for _, s := range systems {
		if strings.Contains(agent, s.mark) {
			name = strings.TrimPrefix(name+", "+s.name, ", ")
			break
		}
	}
	if short := []rune(name); len(short) > maxDevice {
		name = string(short[:maxDevice])
	}
	return name
}

func browserName(agent string) string {
	for _, b := range browsers {
		if version, ok := versionOf(agent, b.product); ok {
			return b.name + " " + version
		}
	}
	if version, ok := versionOf(agent, "Version"); ok && strings.Contains(agent, "Safari/") {
		return "Safari " + version
	}
	return ""
}

// versionOf is the first number of a product's version.
func versionOf(agent, product string) (string, bool) {
	_, rest, ok := strings.Cut(" "+agent, " "+product+"/")
	version, _, _ := strings.Cut(firstWord(rest), ".")
	return version, ok && version != ""
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// agentOf is the user agent that a server says its user has.
func agentOf(data *types.ContextDataType) string {
	for _, h := range data.HttpHeaders {
		if strings.EqualFold(deref(h.HeaderName), "User-Agent") {
			return deref(h.HeaderValue)
		}
	}
	return ""
}
