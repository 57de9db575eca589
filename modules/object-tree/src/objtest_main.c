/*
 * Calls objects by path from a test, without Linux: the forerunner of the `obj` command.
 *
 *   objtest PATH METHOD [JSON]    call a method, print its result
 *   objtest get PATH PROPERTY     print a property
 *   objtest ls PATH               names, one a line, directories with a slash
 *   objtest describe PATH         what the object says of itself
 *
 * Handles: "root" is the directory that paths start from ("tree" where a manifest calls it so), "stdout" a
 * stream; without a stream the output goes to the log. Ends with 0, or with 1 after "objtest: E_...".
 * The stream's message is put together here: user-services, whose interface it is, uses this module.
 */
#include <base/format.h>
#include <base/string.h>
#include <libanon/log.h>
#include <libanon/start.h>
#include <object-tree/json.h>
#include <object-tree/object.h>

#define TEXT_BYTES 32768u
#define VALUE_BYTES 16384u
#define STREAM_OP_WRITE 0x240001u /* user-services/stream.ipc */
#define STREAM_BYTES_MAX 4000u

static uint8_t value[VALUE_BYTES];
static char text[TEXT_BYTES];

static handle_t root_handle(void)
{
	handle_t root = start_handle("root");

	return handle_is_none(root) ? start_handle("tree") : root;
}

static status_t write_stream(handle_t stream, const char *from, uint32_t len,
                             uint32_t *out_accepted)
{
	struct ipc_message message = {0};
	struct ipc_writer writer;

	ipc_writer_begin(&writer, &message, message_page());
	ipc_write_bytes(&writer, from, len, STREAM_BYTES_MAX);
	status_t status = ipc_writer_end(&writer, STREAM_OP_WRITE);
	if (status == OK)
		status = ipc_exchange(stream, &message, 0);
	if (status == OK)
		*out_accepted = (uint32_t)message.words[0];
	return status;
}

static void write_all(handle_t stream, const char *from, size_t len)
{
	while (len > 0) {
		uint32_t accepted = 0,
			 part = len < STREAM_BYTES_MAX ? (uint32_t)len : STREAM_BYTES_MAX;
		status_t status = write_stream(stream, from, part, &accepted);
		if (status == E_AGAIN)
			(void)sys_thread_yield();
		else if (status != OK || accepted > part)
			return;
		from += accepted;
		len -= accepted;
	}
}

static void print(const char *line)
{
	handle_t out = start_handle("stdout");

	if (handle_is_none(out)) {
		log_info("%s", line);
		return;
	}
	write_all(out, line, strlen(line));
	write_all(out, "\n", 1);
}

static status_t print_value(uint32_t len, bool indent)
{
	status_t status = json_from_cbor(value, len, indent, text, sizeof(text), NULL);

	if (status == OK)
		print(text);
	return status;
}

static status_t call(const char *path, const char *method, const char *json)
{
	static uint8_t args[OBJECT_CALL_ARGS_MAX];
	struct obj_arguments arguments = {.args = args};
	struct obj_result result = {.at = value, .max = sizeof(value)};
	size_t args_len = 0;
	status_t status = json == NULL ? OK : json_parse(json, args, sizeof(args), &args_len);

	arguments.args_len = (uint32_t)args_len;
	if (status == OK)
		status = obj_call(root_handle(), path, method, &arguments, &result);
	if (status != OK)
		return status;
	ipc_close(result.cap);
	return print_value(result.len, false);
}

static status_t get(const char *path, const char *property)
{
	uint32_t len;
	status_t status = obj_get(root_handle(), path, property, value, sizeof(value), &len);

	return status == OK ? print_value(len, false) : status;
}

static status_t list(const char *path)
{
	struct obj_names names = {.at = value, .max = sizeof(value)};
	const char *name;
	uint32_t at = 0, len;
	uint8_t kind;
	status_t status = obj_list(root_handle(), path, &names);

	while (status == OK && obj_names_next(&names, &at, &kind, &name, &len)) {
		format_string(text, sizeof(text), "%.*s%s", (int)len, name,
		              kind == OBJECT_KIND_DIRECTORY ? "/" : "");
		print(text);
	}
	return status;
}

static status_t describe(const char *path)
{
	uint32_t len;
	status_t status = obj_describe(root_handle(), path, value, sizeof(value), &len);

	return status == OK ? print_value(len, true) : status;
}

static status_t run(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "ls") == 0)
		return list(argv[2]);
	if (argc == 3 && strcmp(argv[1], "describe") == 0)
		return describe(argv[2]);
	if (argc == 4 && strcmp(argv[1], "get") == 0)
		return get(argv[2], argv[3]);
	if (argc == 3 || argc == 4)
		return call(argv[1], argv[2], argc == 4 ? argv[3] : NULL);
	print("usage: objtest PATH METHOD [JSON] | get PATH PROPERTY | ls PATH | describe PATH");
	return E_INVAL;
}

int main(int argc, char **argv)
{
	status_t status = run(argc, argv);

	if (status == OK)
		return 0;
	format_string(text, sizeof(text), "objtest: %s", status_name(status));
	print(text);
	return 1;
}
