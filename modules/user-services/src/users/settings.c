/*
 * Reading /cfg/system.json: once, when the user manager starts.
 */
#include "users/settings.h"

#include "common/text.h"

#include <object-tree/json.h>

#define PATH "cfg/system.json"
#define FILE_BYTES 4096

static status_t find_name(const char *json, char name[USER_NAME_MAX + 1])
{
	uint8_t value[FILE_BYTES];
	struct cbor_reader found;
	const char *text;
	size_t value_len, len;
	status_t status = json_parse(json, value, sizeof(value), &value_len);

	if (status == OK)
		status = cbor_find(value, value_len, "autologin", &found);
	if (status == OK)
		status = cbor_get_text(&found, &text, &len);
	if (status != OK)
		return status;
	return text_copy((struct text){text, len}, name, USER_NAME_MAX + 1) ? OK : E_RANGE;
}

status_t settings_autologin(const struct files_session *session, char name[USER_NAME_MAX + 1])
{
	char json[FILE_BYTES];
	size_t len = 0;
	status_t status = files_read(session, PATH, json, sizeof(json) - 1, &len);

	if (status != OK)
		return status;
	json[len] = 0;
	return find_name(json, name);
}
