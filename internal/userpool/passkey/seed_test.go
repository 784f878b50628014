package passkey

// What a browser with an ES256 key said, and the key.
const (
	registration = `{"authenticatorAttachment":"cross-platform","clientExtensionResults":{},"id":"coQHde753iVamDhvQ1cxvXVDQmFNymDS9NZ-K4XrvJc","rawId":"coQHde753iVamDhvQ1cxvXVDQmFNymDS9NZ-K4XrvJc","response":{"attestationObject":"o2dhdHRTdG10oGhhdXRoRGF0YViko3mm9u6vuaVeN4wRgDTidR5oL6ufLTCrE9ISVYbOGUdFAAAAAAAAAAAAAAAAAAAAAAAAAAAAIHKEB3Xu-d4lWpg4b0NXMb11Q0JhTcpg0vTWfiuF67yXpQMmIAEhWCBxREp1RdJ7XLI4MLJlP6DurGD4KVop67cdh2jE5i_ryiJYIH7dfM0zld6zwjIO9ELhYElAvNPSuNuTbyfjjOwSdjTlAQJjZm10ZG5vbmU","clientDataJSON":"eyJjaGFsbGVuZ2UiOiJBQUFBIiwiY3Jvc3NPcmlnaW4iOmZhbHNlLCJvcmlnaW4iOiJodHRwczovL2V4YW1wbGUuY29tIiwidHlwZSI6IndlYmF1dGhuLmNyZWF0ZSJ9","transports":["usb","nfc","telepathy"]},"type":"public-key"}`
	assertion    = `{"clientExtensionResults":{},"id":"coQHde753iVamDhvQ1cxvXVDQmFNymDS9NZ-K4XrvJc","rawId":"coQHde753iVamDhvQ1cxvXVDQmFNymDS9NZ-K4XrvJc","response":{"authenticatorData":"o3mm9u6vuaVeN4wRgDTidR5oL6ufLTCrE9ISVYbOGUcFAAAAAQ","clientDataJSON":"eyJjaGFsbGVuZ2UiOiJBQUFBIiwiY3Jvc3NPcmlnaW4iOmZhbHNlLCJvcmlnaW4iOiJodHRwczovL2V4YW1wbGUuY29tIiwidHlwZSI6IndlYmF1dGhuLmdldCJ9","signature":"MEYCIQDbG2GA1eu9hcJLwGvSBRUGlMnwz0GarQtpODY7Wlb7MgIhAM0-dYYfXM6lTipDK6aBfRIpICVGWTycvpjUlRU7XOsv","userHandle":"AQID"},"type":"public-key"}`
	keyText      = `pQECAyYgASFYIHFESnVF0ntcsjgwsmU_oO6sYPgpWinrtx2HaMTmL-vKIlggft18zTOV3rPCMg70QuFgSUC809K425NvJ-OM7BJ2NOU`
)
