<?php

/**
 * What came in through either mouth of the dispatcher, as a value.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

final class Incoming
{
	private string $method;

	private string $type;

	private int $length;

	private string $nonce;

	/** @var array<string, mixed>|null */
	private ?array $input;

	/** @var array<int, array<string, mixed>> */
	private array $files;

	/**
	 * @param array<string, mixed>|null $input null when the body could not be read
	 * @param array<int, array<string, mixed>> $files
	 */
	public function __construct(string $method, string $type, int $length, string $nonce, ?array $input, array $files)
	{
		$this->method = $method;
		$this->type = strtolower(trim(explode(';', $type)[0]));
		$this->length = $length;
		$this->nonce = $nonce;
		$this->input = $input;
		$this->files = $files;
	}

	/**
	 * One list for `file` and for `file[]`; places left empty are dropped.
	 *
	 * @param array<string, mixed> $field one field of $_FILES
	 * @return array<int, array<string, mixed>>
	 */
	public static function uploads(array $field): array
	{
		$list = array();
		foreach ((array) ($field['name'] ?? array()) as $place => $name) {
			if (!is_string($name)) {
				return array(); // no form of ours nests its fields
			}
			$one = array('name' => $name);
			foreach (array('tmp_name' => '', 'size' => 0, 'error' => UPLOAD_ERR_NO_FILE) as $part => $none) {
				$values = (array) ($field[$part] ?? $none);
				$one[$part] = $values[$place] ?? $none;
			}
			if ($one['error'] !== UPLOAD_ERR_NO_FILE) {
				$list[] = $one;
			}
		}
		return $list;
	}

	public function method(): string
	{
		return $this->method;
	}

	public function type(): string
	{
		return $this->type;
	}

	public function length(): int
	{
		return $this->length;
	}

	public function nonce(): string
	{
		return $this->nonce;
	}

	/** @return array<string, mixed>|null */
	public function input(): ?array
	{
		return $this->input;
	}

	/** @return array<int, array<string, mixed>> */
	public function files(): array
	{
		return $this->files;
	}
}
