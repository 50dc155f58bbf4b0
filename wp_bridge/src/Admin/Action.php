<?php

/**
 * One act that a person may do through the dispatcher; it cannot exist without capability and schema.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

final class Action
{
	/** Capabilities that every visitor with an account has protect nothing. */
	private const TOO_WEAK = array('read', 'exist', 'level_0', 'edit_posts');

	private string $name;

	private string $capability;

	/** @var array<string, mixed> */
	private array $schema;

	/** @var callable(array<string, mixed>, int, int): Answer */
	private $handler;

	/** @var array<string, mixed> */
	private array $options;

	/**
	 * @param array<string, mixed> $schema type object, additionalProperties false, properties, required
	 * @param callable(array<string, mixed>, int, int): Answer $handler gets input, user id and time
	 * @param array<string, mixed> $options files: field that may carry files; group: rate limit group; tab
	 */
	public function __construct(string $name, string $capability, array $schema, callable $handler, array $options = array())
	{
		if (preg_match('/^[a-z_]{3,40}$/D', $name) !== 1) {
			throw new \LogicException('an act needs a name');
		}
		if ($capability === '' || in_array($capability, self::TOO_WEAK, true)) {
			throw new \LogicException($name . ': this capability protects nothing');
		}
		$closed = ($schema['type'] ?? '') === 'object' && ($schema['additionalProperties'] ?? true) === false;
		if (!$closed || !is_array($schema['properties'] ?? null)) {
			throw new \LogicException($name . ': the schema must be a closed object');
		}
		$this->name = $name;
		$this->capability = $capability;
		$this->schema = $schema;
		$this->handler = $handler;
		$this->options = $options;
	}

	/** @param array<string, array<string, mixed>> $properties */
	public static function schema(array $properties): array
	{
		return array('type' => 'object', 'additionalProperties' => false, 'properties' => $properties);
	}

	public function name(): string
	{
		return $this->name;
	}

	public function capability(): string
	{
		return $this->capability;
	}

	/** @return array<string, mixed> */
	public function properties(): array
	{
		return $this->schema['properties'];
	}

	/** Name of the field that may carry files, '' when none may. */
	public function fileField(): string
	{
		return (string) ($this->options['files'] ?? '');
	}

	/** The tab that shows what is wrong with the input. */
	public function tab(): string
	{
		return (string) ($this->options['tab'] ?? 'help');
	}

	public function group(): string
	{
		return (string) ($this->options['group'] ?? 'act');
	}

	/** @param array<string, mixed> $input already checked */
	public function run(array $input, int $user, int $now): Answer
	{
		return ($this->handler)($input, $user, $now);
	}
}
