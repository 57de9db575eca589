/*
 * Syntax trees as text: what `jobs` shows. One line, quoting simplified, here-documents left out. It ends
 * after a while, also so that a long list does not take all of the stack.
 */
#include "print.h"
#include "arena.h"
#include "ast.h"
#include "arith.h"
#include "command.h"
#include "vars.h"
#include <string.h>

#define PRINT_MOST 4096 /* what comes after so much text is left out */

static void print_node(struct text *text, const struct node *node);
static void print_word(struct text *text, const struct word *word);

static const char *op_text(const struct param *param)
{
	switch (param->op) {
	case OP_DEFAULT: return "-";
	case OP_ASSIGN: return "=";
	case OP_ERROR: return "?";
	case OP_ALTERNATE: return "+";
	case OP_SUFFIX: return "%";
	case OP_SUFFIX_LONG: return "%%";
	case OP_PREFIX: return "#";
	case OP_PREFIX_LONG: return "##";
	case OP_REPLACE: return "/";
	case OP_REPLACE_ALL: return "//";
	default: return "";
	}
}

static void print_param(struct text *text, const struct param *param)
{
	text_string(text, param->op == OP_LENGTH ? "${#" : "${");
	text_string(text, param->text ? param->text : "");
	if (param->all)
		text_format(text, "[%c]", param->all);
	if (param->index && param->index->word) {
		text_char(text, '[');
		print_word(text, param->index->word);
		text_char(text, ']');
	}
	if (param->colon)
		text_char(text, ':');
	text_string(text, op_text(param));
	if (param->word)
		print_word(text, param->word);
	if (param->word2) {
		text_char(text, param->op == OP_SUBSTRING ? ':' : '/');
		print_word(text, param->word2);
	}
	text_char(text, '}');
}

static void print_part(struct text *text, const struct part *part)
{
	switch (part->kind) {
	case PART_TEXT: text_bytes(text, part->text, part->len); break;
	case PART_PARAM: print_param(text, part->param); break;
	case PART_ARITH:
		text_string(text, "$((");
		print_word(text, part->arith->word);
		text_string(text, "))");
		break;
	case PART_TILDE: text_format(text, "~%s", part->text); break;
	case PART_COMMAND:
	case PART_PROCESS:
		text_string(text, part->kind == PART_COMMAND ? "$(" : part->writes ? ">(" : "<(");
		if (part->command)
			print_node(text, part->command);
		text_char(text, ')');
		break;
	}
}

static void print_word(struct text *text, const struct word *word)
{
	for (const struct part *part = word->parts; part; part = part->next) {
		bool is_text = part->kind == PART_TEXT && part->quoted;

		if (is_text)
			text_char(text, '\'');
		else if (part->quoted)
			text_char(text, '"');
		print_part(text, part);
		if (is_text)
			text_char(text, '\'');
		else if (part->quoted)
			text_char(text, '"');
	}
}

static void print_words(struct text *text, const struct word *words)
{
	for (; words; words = words->next) {
		print_word(text, words);
		if (words->next)
			text_char(text, ' ');
	}
}

static void print_redirs(struct text *text, const struct redir *redirs)
{
	static const char *const ops[] = {"<",  ">",  ">|",  ">>", "<>", "<&",
	                                  ">&", "<<", "<<<", "&>", "&>>"};

	for (; redirs; redirs = redirs->next) {
		text_char(text, ' ');
		if (redirs->fd != (ops[redirs->kind][0] != '<'))
			text_format(text, "%d", redirs->fd);
		text_string(text, ops[redirs->kind]);
		if (redirs->kind == REDIR_HERE)
			text_string(text, "...");
		else if (redirs->word)
			print_word(text, redirs->word);
	}
}

static void print_simple(struct text *text, const struct simple_node *node)
{
	for (const struct assign *assign = node->assigns; assign; assign = assign->next) {
		text_bytes(text, assign->var->text, assign->var->name_len);
		text_string(text, assign->append ? "+=" : "=");
		if (assign->is_array)
			text_char(text, '(');
		print_words(text, assign->words);
		text_string(text, assign->is_array ? ")" : "");
		if (assign->next || node->words)
			text_char(text, ' ');
	}
	print_words(text, node->words);
	print_redirs(text, node->redirs);
}

static void print_binary(struct text *text, const struct binary_node *node, const char *op)
{
	print_node(text, node->left);
	text_string(text, op);
	print_node(text, node->right);
}

static void print_group(struct text *text, const struct group_node *node)
{
	bool is_subshell = node->node.kind == NODE_SUBSHELL;

	text_string(text, is_subshell ? "(" : "{ ");
	print_node(text, node->body);
	text_string(text, is_subshell ? ")" : "; }");
	print_redirs(text, node->redirs);
}

static void print_if(struct text *text, const struct if_node *node)
{
	text_string(text, "if ");
	print_node(text, node->condition);
	text_string(text, "; then ");
	print_node(text, node->then_part);
	if (node->else_part) {
		text_string(text, "; else ");
		print_node(text, node->else_part);
	}
	text_string(text, "; fi");
}

static void print_loop(struct text *text, const char *head, const struct node *condition,
                       const struct node *body)
{
	text_string(text, head);
	if (condition)
		print_node(text, condition);
	text_string(text, "; do ");
	print_node(text, body);
	text_string(text, "; done");
}

static void print_for(struct text *text, const struct for_node *node)
{
	text_string(text, "for ");
	text_bytes(text, node->var->text, node->var->name_len);
	if (node->has_list) {
		text_string(text, " in ");
		print_words(text, node->words);
	}
	print_loop(text, "", NULL, node->body);
}

static void print_case(struct text *text, const struct case_node *node)
{
	text_string(text, "case ");
	print_word(text, node->word);
	text_string(text, " in");
	for (const struct case_item *item = node->items; item; item = item->next) {
		text_char(text, ' ');
		for (const struct word *word = item->patterns; word; word = word->next) {
			print_word(text, word);
			text_char(text, word->next ? '|' : ')');
		}
		text_char(text, ' ');
		if (item->body)
			print_node(text, item->body);
		text_string(text, item->falls_through ? " ;&" : " ;;");
	}
	text_string(text, " esac");
}

static void print_pipeline(struct text *text, const struct pipeline_node *node)
{
	for (unsigned i = 0; i < node->count; i++) {
		if (i > 0)
			text_string(text, " | ");
		print_node(text, node->commands[i]);
	}
}

static void print_node(struct text *text, const struct node *node)
{
	const struct binary_node *binary = (const struct binary_node *)node;
	const struct while_node *loop = (const struct while_node *)node;

	if (text->len > PRINT_MOST)
		return;
	switch (node->kind) {
	case NODE_SIMPLE: print_simple(text, (const struct simple_node *)node); break;
	case NODE_PIPELINE: print_pipeline(text, (const struct pipeline_node *)node); break;
	case NODE_LIST: print_binary(text, binary, "; "); break;
	case NODE_AND: print_binary(text, binary, " && "); break;
	case NODE_OR: print_binary(text, binary, " || "); break;
	case NODE_NOT:
		text_string(text, "! ");
		print_node(text, binary->left);
		break;
	case NODE_BACKGROUND:
		print_node(text, binary->left);
		text_string(text, " &");
		break;
	case NODE_SUBSHELL:
	case NODE_GROUP: print_group(text, (const struct group_node *)node); break;
	case NODE_IF: print_if(text, (const struct if_node *)node); break;
	case NODE_WHILE: print_loop(text, "while ", loop->condition, loop->body); break;
	case NODE_UNTIL: print_loop(text, "until ", loop->condition, loop->body); break;
	case NODE_FOR: print_for(text, (const struct for_node *)node); break;
	case NODE_REPEAT:
		text_format(text, "for %lld..%lld; do ", ((const struct repeat_node *)node)->first,
		            ((const struct repeat_node *)node)->last);
		print_node(text, ((const struct repeat_node *)node)->body);
		text_string(text, "; done");
		break;
	case NODE_CASE: print_case(text, (const struct case_node *)node); break;
	case NODE_FUNCTION:
		text_format(text, "%s() ", ((const struct function_node *)node)->command->name);
		print_node(text, ((const struct function_node *)node)->body);
		break;
	case NODE_CONDITION: text_string(text, "[[ ... ]]"); break;
	}
}

char *print_command(struct arena *arena, const struct node *node)
{
	struct text text;

	text_begin(&text, arena);
	print_node(&text, node);
	return text_end(&text);
}
