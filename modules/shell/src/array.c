/*
 * Indexed arrays: a sorted vector of (index, value), since scripts fill them from 0 up and go through them in order.
 * A negative index counts from the end.
 */
#include "array.h"
#include "message.h"
#include "shell.h"
#include <stdlib.h>
#include <string.h>

static size_t array_place(const struct array *array, intmax_t index)
{
	size_t low = 0, high = array->count;

	if (high > 0 && array->elements[high - 1].index < index)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (array->elements[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void elements_free(struct array *array)
{
	for (size_t i = 0; i < array->count; i++)
		free(array->elements[i].value);
	array->count = 0;
}

void array_free(struct var *var)
{
	if (!var->array)
		return;
	elements_free(var->array);
	free(var->array->elements);
	free(var->array);
	var->array = NULL;
}

bool array_make(struct shell *sh, struct var *var)
{
	const char *old;

	if (!var_writable(sh, var))
		return false;
	if (var->array)
		return true;
	old = var_value(sh, var);
	var->array = memory_new(sizeof(*var->array));
	*var->array = (struct array){NULL, 0, 0};
	var->flags |= VAR_SET;
	return !old || array_set(sh, var, 0, old, false);
}

bool array_clear(struct shell *sh, struct var *var)
{
	if (!array_make(sh, var))
		return false;
	elements_free(var->array);
	return true;
}

intmax_t array_next(const struct var *var)
{
	const struct array *array = var->array;

	if (!array)
		return var->flags & VAR_SET ? 1 : 0;
	return array->count ? array->elements[array->count - 1].index + 1 : 0;
}

static void array_insert(struct array *array, size_t place, intmax_t index)
{
	if (array->count == array->cap) {
		array->cap = array->cap ? array->cap * 2 : 8;
		array->elements = memory_resize(array->elements,
		                                array->cap * sizeof(*array->elements));
	}
	memmove(&array->elements[place + 1], &array->elements[place],
	        (array->count - place) * sizeof(*array->elements));
	array->elements[place] = (struct array_element){index, NULL};
	array->count++;
}

bool array_set(struct shell *sh, struct var *var, intmax_t index, const char *value, bool append)
{
	struct array_element *element;
	size_t place, old_len, len = strlen(value);
	char *fresh;

	if (!array_make(sh, var))
		return false;
	if (index < 0)
		index += array_next(var);
	if (index < 0) {
		sh_error(sh, "%.*s: bad array subscript", var_print_name(var), var->text);
		return false;
	}
	place = array_place(var->array, index);
	if (place == var->array->count || var->array->elements[place].index != index)
		array_insert(var->array, place, index);
	element = &var->array->elements[place];
	old_len = append && element->value ? strlen(element->value) : 0;
	fresh = memory_new(old_len + len + 1);
	if (old_len)
		memcpy(fresh, element->value, old_len);
	memcpy(fresh + old_len, value, len + 1);
	free(element->value);
	element->value = fresh;
	return true;
}

void array_unset(struct shell *sh, struct var *var, intmax_t index)
{
	struct array *array = var->array;
	size_t place;

	if (!var_writable(sh, var))
		return;
	if (!array) {
		if (index == 0)
			var_unset(sh, var);
		return;
	}
	place = array_place(array, index < 0 ? index + array_next(var) : index);
	if (place == array->count || array->elements[place].index != index)
		return;
	free(array->elements[place].value);
	array->count--;
	memmove(&array->elements[place], &array->elements[place + 1],
	        (array->count - place) * sizeof(*array->elements));
}

const char *array_get(struct shell *sh, const struct var *var, intmax_t index)
{
	const struct array *array = var->array;
	size_t place;

	if (!array)
		return index == 0 ? var_value(sh, var) : NULL;
	if (index < 0)
		index += array_next(var);
	place = array_place(array, index);
	if (place == array->count || array->elements[place].index != index)
		return NULL;
	return array->elements[place].value;
}

size_t array_count(struct shell *sh, const struct var *var)
{
	if (var->array)
		return var->array->count;
	return var_value(sh, var) ? 1 : 0;
}

const char *array_at(struct shell *sh, const struct var *var, size_t place)
{
	return var->array ? var->array->elements[place].value : var_value(sh, var);
}
