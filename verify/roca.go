package verify

import "math/big"

// The primes whose residues betray a key of the flawed Infineon generator.
var rocaPrimes = [...]uint64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73,
	79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// isROCA recognises RSA moduli made by the library of CVE-2017-15361. Its primes
// are all k*M + 65537^a mod M, with M a product of small primes, so the modulus
// is a power of 65537 modulo every one of them. A sound modulus is so by chance
// less than once in 2^100. (Nemec et al., "The Return of Coppersmith's Attack",
// ACM CCS 2017, §2.2.)
func isROCA(modulus *big.Int) bool {
	var prime, remainder big.Int
	for _, p := range rocaPrimes {
		residue := remainder.Mod(modulus, prime.SetUint64(p)).Uint64()
		if !isPowerOf65537(residue, p) {
			return false
		}
	}
	return true
}

func isPowerOf65537(residue, p uint64) bool {
	for power, i := uint64(1), uint64(0); i < p; i++ {
		if power == residue {
			return true
		}
		power = power * 65537 % p
	}
	return false
}
