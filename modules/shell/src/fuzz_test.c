/*
 * Host test: scripts with bytes changed, taken out and put in twice are parsed and expanded under sanitizers. Only a
 * crash or a sanitizer's word is a failure.
 */
#include "fuzz.h"
#include <base/test.h>

static const char *const seeds[] = {
	"if a; then b; elif c; then d; else e; fi\n",
	"for x in 1 2 $y; do echo $x; done; while read l; do :; done <f\n",
	"case $x in a|b*) c;; [!a-z]) d;& *) ;; esac\n",
	"f() { local a=1; echo \"${a:-b}\" '${c}' $(d `e \\`f\\``); }\n",
	"cat <<E <<-'F' <<<g\n$x `y` $((z))\nE\n\t$x\n\tF\n",
	"x=${a%%*.} y=${b##[[:alpha:]]} z=${c/d/e} w=${f:1:2} v=${#g} u=${h?i} t=${j:=k}\n",
	"echo $((1 + 2 * (x ? y++ : --z) << 3, a[4] = 5 ** 6 % 7 || !8))\n",
	"a=(b 'c d' $e); a+=(f); echo ${a[@]} ${#a[*]} ${a[1]} ${a[i+1]:2}\n",
	"[[ -f a && ( b == c* || d =~ ^e(f|g)$ ) && ! h -lt 3 ]] && echo $'i\\x41\\n'\n",
	"echo {a,b{c,d}}{1..3} ~/x ~user:~ \"$@\" $* ${1+\"$@\"} <(a) >(b)\n",
	"! a | b |& c && (d; e) || { f & } >g 2>&1 3<&- 4<>h >|i &>j\n",
	"until a; do b\\\nc; break 2; done # comment\nfor 1..3 echo ' $'\n",
};

#define SEEDS (sizeof(seeds) / sizeof(*seeds))
#define MOST 512

static const char interesting[] = "$`\"'\\(){}[]<>|&;#~*?!=+-:%/@ \n\t,.0x\001\377";

static size_t mutate(char *text, size_t len, unsigned *seed)
{
	size_t place = (size_t)rand_r(seed) % (len + 1), span = (size_t)rand_r(seed) % 16;

	switch (rand_r(seed) % 4) {
	case 0:
		if (place < len)
			text[place] = interesting[(size_t)rand_r(seed) % (sizeof(interesting) - 1)];
		return len;
	case 1:
		if (place + span > len)
			span = len - place;
		memmove(text + place, text + place + span, len - place - span);
		return len - span;
	case 2:
		if (place + span > len || len + span > MOST)
			return len;
		memmove(text + place + span, text + place, len - place);
		return len + span;
	default:
		if (len == MOST)
			return len;
		memmove(text + place + 1, text + place, len - place);
		text[place] = interesting[(size_t)rand_r(seed) % (sizeof(interesting) - 1)];
		return len + 1;
	}
}

TEST(the_seeds_themselves)
{
	for (size_t i = 0; i < SEEDS; i++)
		fuzz_script(seeds[i], strlen(seeds[i]));
}

TEST(changed_scripts)
{
	unsigned seed = (unsigned)test_seed();
	char text[MOST];

	for (unsigned round = 0; round < test_rounds(6000); round++) {
		const char *first = seeds[(size_t)rand_r(&seed) % SEEDS];
		const char *second = seeds[(size_t)rand_r(&seed) % SEEDS];
		size_t len = strlen(first), more = strlen(second);
		char *exact;

		memcpy(text, first, len);
		memcpy(text + len, second, more);
		len += more;
		for (int i = rand_r(&seed) % 12; i >= 0; i--)
			len = mutate(text, len, &seed);
		/* In a block of its own size, so that reading beyond it is seen. */
		exact = malloc(len ? len : 1);
		memcpy(exact, text, len);
		fuzz_script(exact, len);
		free(exact);
	}
}

TEST_MAIN();
