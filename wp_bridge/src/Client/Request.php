<?php

/**
 * One call to the server, as a value.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Request
{
	private string $method;

	private string $path;

	private string $query;

	private string $purpose;

	/** @var array<string, string> */
	private array $headers = array();

	private string $body = '';

	private int $timeout = 5;

	private string $nonce;

	/**
	 * @param string $purpose 'license' or 'support': what the person agreed to.
	 */
	public function __construct(string $method, string $path, string $purpose, string $query = '')
	{
		$this->method = $method;
		$this->path = $path;
		$this->query = $query;
		$this->purpose = $purpose;
		$this->nonce = Signed::encode(random_bytes(16));
	}

	public function withToken(string $token): self
	{
		return $this->withHeader('Authorization', 'Bearer ' . $token);
	}

	public function withIdempotencyKey(string $key): self
	{
		return $this->withHeader('Idempotency-Key', $key);
	}

	/** @param array<string, mixed> $data */
	public function withJson(array $data): self
	{
		$flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR;
		$copy = $this->withHeader('Content-Type', 'application/json; charset=utf-8');
		$copy->body = $data === array() ? '{}' : (string) json_encode($data, $flags);
		return $copy;
	}

	/** One file in the field `file`, as multipart/form-data; the boundary is random, the body exact. */
	public function withFile(string $name, string $type, string $bytes): self
	{
		$boundary = 'keydesk' . bin2hex(random_bytes(12));
		$safe = str_replace(array('"', "\r", "\n", '\\'), '_', $name);
		$copy = $this->withHeader('Content-Type', 'multipart/form-data; boundary=' . $boundary);
		$copy->body = "--{$boundary}\r\n"
			. "Content-Disposition: form-data; name=\"file\"; filename=\"{$safe}\"\r\n"
			. "Content-Type: {$type}\r\n\r\n{$bytes}\r\n--{$boundary}--\r\n";
		$copy->timeout = 15;
		return $copy;
	}

	public function withHeader(string $name, string $value): self
	{
		$copy = clone $this;
		$copy->headers[$name] = $value;
		return $copy;
	}

	public function method(): string
	{
		return $this->method;
	}

	/** Path without query: the part that a signed reply names. */
	public function path(): string
	{
		return $this->path;
	}

	public function target(): string
	{
		return $this->query === '' ? $this->path : $this->path . '?' . $this->query;
	}

	public function purpose(): string
	{
		return $this->purpose;
	}

	public function nonce(): string
	{
		return $this->nonce;
	}

	/** @return array<string, string> */
	public function headers(): array
	{
		return array('Keydesk-Nonce' => $this->nonce, 'Accept' => 'application/json') + $this->headers;
	}

	public function body(): string
	{
		return $this->body;
	}

	public function timeout(): int
	{
		return $this->timeout;
	}
}
