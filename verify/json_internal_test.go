package verify

import (
	"encoding/json"
	"reflect"
	"testing"
)

// The reader against encoding/json: what it accepts is JSON with the same
// meaning; what it refuses is no JSON, or refused for a reason of its own.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, ` { "a" : [ 1 , "x" , { "b" : null } ] , "\u0062" : -0.5e+3 } `, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`,
		`{"x":"\ud83c\udf55"}`, `{"x":"\ud83c"}`, "{\"x\":\"\xff\"}", `{"x":01}`, `{"x":1.}`, `{"x":.5}`, `{"x":1e}`, `{"x":tru}`, `{"x":"\q"}`,
		`[]`, `{"a":[1,2,]}`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{"a":}`, `{"":{"":{"":[]}}}`, `{"x":"\u00e9"}`, `{}{}`, `nul`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		members, err := parseObject(text, maxMembers, nil)
		if err != nil {
			if json.Valid([]byte(text)) && err == errJSON && !hasLoneSurrogate(text) {
				t.Fatalf("%q is JSON", text)
			}
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q: accepted, but %v", text, err)
		}
		got := make(map[string]json.RawMessage)
		for _, m := range members {
			got[m.name] = json.RawMessage(m.value)
		}
		if len(got) != len(members) || len(want) != len(got) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %s, want %s", text, got, want)
		}
		for _, m := range members {
			var wantText string
			isText := json.Unmarshal([]byte(m.value), &wantText) == nil && m.value != "null"
			if gotText, ok := parseString(m.value); ok != isText || ok && gotText != wantText {
				t.Fatalf("%q: %q, %v", m.value, gotText, ok)
			}
			var wantList []json.RawMessage
			isList := json.Unmarshal([]byte(m.value), &wantList) == nil && m.value != "null"
			gotList, ok := parseArray(m.value)
			if ok != isList || len(gotList) != len(wantList) {
				t.Fatalf("%q: %q, %v", m.value, gotList, ok)
			}
			for i := range gotList {
				if gotList[i] != string(wantList[i]) {
					t.Fatalf("%q: element %d is %q, want %q", m.value, i, gotList[i], wantList[i])
				}
			}
		}
	})
}

// hasLoneSurrogate finds half a pair by what encoding/json makes of it.
func hasLoneSurrogate(text string) bool {
	s := scanner{text: text}
	for s.at = 0; s.at < len(text); s.at++ {
		if text[s.at] != '\\' {
			continue
		}
		if !s.escape() {
			return true
		}
		s.at--
	}
	return false
}

func TestConnectionsToLocalNamesStayOnThisMachine(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "127.1.2.3:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"10.0.0.1:80": false, "169.254.169.254:80": false, "[fe80::1%eth0]:80": false, "0.0.0.0:80": false, "[::]:80": false, "localhost:80": false, "": false,
	} {
		if err := onlyLoopback("tcp", address, nil); (err == nil) != want {
			t.Errorf("%q: %v", address, err)
		}
	}
}
