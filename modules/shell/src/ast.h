/*
 * The syntax tree: one struct per kind of command, each beginning with a struct node.
 *
 * A tree lives in one region (arena.h). Names of variables and of commands are slots that live as long as the
 * shell (vars.h, command.h), so a tree finds them without a look-up.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct var;
struct command;
struct arith;
struct node;
struct word;

enum part_kind {
	PART_TEXT,
	PART_PARAM,
	PART_COMMAND, /* $(list) and `list` */
	PART_ARITH,
	PART_PROCESS, /* <(list), >(list) */
	PART_TILDE,   /* text is the login name, or empty */
};

enum param_kind {
	PARAM_VAR,
	PARAM_POSITIONAL,
	PARAM_SPECIAL, /* one of @ * # ? - $ ! and 0 */
};

enum param_op {
	OP_NONE,
	OP_LENGTH,    /* ${#x} */
	OP_DEFAULT,   /* ${x-w} */
	OP_ASSIGN,    /* ${x=w} */
	OP_ERROR,     /* ${x?w} */
	OP_ALTERNATE, /* ${x+w} */
	OP_SUFFIX,    /* ${x%w} */
	OP_SUFFIX_LONG,
	OP_PREFIX, /* ${x#w} */
	OP_PREFIX_LONG,
	OP_SUBSTRING,   /* ${x:word:word2} */
	OP_REPLACE,     /* ${x/word/word2} */
	OP_REPLACE_ALL, /* ${x//word/word2} */
	OP_BAD,         /* not a substitution at all: an error when it is expanded */
};

struct param {
	enum param_kind kind;
	enum param_op op;
	bool colon;   /* an empty value counts as none */
	char special; /* of PARAM_SPECIAL */
	char all;     /* '@' or '*' in brackets: all elements */
	unsigned number;
	struct var *var;
	struct arith *index; /* of an array's element */
	struct word *word, *word2;
	const char *text; /* as it was written, for messages */
};

struct part {
	struct part *next;
	enum part_kind kind;
	bool quoted;
	bool writes; /* of PART_PROCESS: >( ) */
	size_t len;
	union {
		const char *text;
		struct param *param;
		struct node *command;
		struct arith *arith;
	};
};

struct word {
	struct word *next;
	struct part *parts;
	const char *literal; /* the result, when no expansion can change it */
	size_t len;
	bool quoted;        /* some part of it was quoted */
	bool braces;        /* has what may be a brace expansion */
	bool is_assignment; /* of export and its like: not split */
};

enum redir_kind {
	REDIR_READ,
	REDIR_WRITE,
	REDIR_CLOBBER,
	REDIR_APPEND,
	REDIR_READ_WRITE,
	REDIR_DUP_IN,
	REDIR_DUP_OUT,
	REDIR_HERE, /* word is the body */
	REDIR_HERE_STRING,
	REDIR_BOTH, /* &> */
	REDIR_BOTH_APPEND,
};

struct redir {
	struct redir *next;
	enum redir_kind kind;
	int fd;
	struct word *word;
};

struct assign {
	struct assign *next;
	struct var *var;
	bool append;
	bool is_array; /* words are the elements */
	struct arith *index;
	struct word *words;
};

enum node_kind {
	NODE_SIMPLE,
	NODE_PIPELINE,
	NODE_LIST, /* left ; right */
	NODE_AND,
	NODE_OR,
	NODE_NOT,
	NODE_BACKGROUND,
	NODE_SUBSHELL,
	NODE_GROUP,
	NODE_IF,
	NODE_WHILE,
	NODE_UNTIL,
	NODE_FOR,
	NODE_REPEAT, /* for 1..3 command */
	NODE_CASE,
	NODE_FUNCTION,
	NODE_CONDITION, /* [[ ]] */
};

struct node {
	enum node_kind kind;
	int line;
};

struct simple_node {
	struct node node;
	struct assign *assigns;
	struct word *words;
	struct redir *redirs;
	struct command *command; /* the slot of the first word, when that is literal */
	bool is_declaration;     /* export and its like */
	bool prefix_arith;       /* the first word is an arithmetic operator */
};

struct pipeline_node {
	struct node node;
	unsigned count;
	struct node **commands;
};

/* NODE_LIST, NODE_AND, NODE_OR; NODE_NOT and NODE_BACKGROUND have only the left side. */
struct binary_node {
	struct node node;
	struct node *left, *right;
};

/* NODE_SUBSHELL and NODE_GROUP; also any compound command that has redirections. */
struct group_node {
	struct node node;
	struct node *body;
	struct redir *redirs;
};

struct if_node {
	struct node node;
	struct node *condition, *then_part, *else_part;
};

/* NODE_WHILE and NODE_UNTIL. */
struct while_node {
	struct node node;
	struct node *condition, *body;
};

struct for_node {
	struct node node;
	struct var *var;
	bool has_list; /* false: the positional parameters */
	struct word *words;
	struct node *body;
};

struct repeat_node {
	struct node node;
	long long first, last;
	struct node *body;
};

struct case_item {
	struct case_item *next;
	struct word *patterns;
	struct node *body;
	bool falls_through; /* ended by ;& */
};

struct case_node {
	struct node node;
	struct word *word;
	struct case_item *items;
};

struct region;

struct function_node {
	struct node node;
	struct command *command;
	struct node *body;
	struct region *region; /* which holds this tree */
};

enum condition_kind {
	COND_AND,
	COND_OR,
	COND_NOT,
	COND_WORD,   /* [[ word ]] */
	COND_UNARY,  /* [[ -f word ]] */
	COND_BINARY, /* [[ word op word ]] */
};

struct condition {
	enum condition_kind kind;
	struct condition *left, *right;
	const char *op;
	struct word *first, *second;
};

struct condition_node {
	struct node node;
	struct condition *condition;
};
