<?php

/**
 * The settings screen: columns for everybody, captions with a license.
 */

namespace Acme\Gallery;

defined('ABSPATH') || exit;

final class Settings
{
	/** @var object the Keydesk facade */
	private $keydesk;

	public function __construct($keydesk)
	{
		$this->keydesk = $keydesk;
	}

	public static function read()
	{
		$saved = get_option(OPTION);
		return (is_array($saved) ? $saved : array()) + array('columns' => 3, 'captions' => false);
	}

	public function hook()
	{
		add_action('admin_menu', array($this, 'menu'));
		add_action('admin_init', array($this, 'register'));
	}

	public function menu()
	{
		$title = __('Gallery', 'acme-gallery');
		add_menu_page('Acme Gallery', $title, 'manage_options', 'acme-gallery', array($this, 'page'), 'dashicons-format-gallery', 58);
		add_submenu_page('acme-gallery', 'Acme Gallery', __('Settings', 'acme-gallery'), 'manage_options', 'acme-gallery');
	}

	public function register()
	{
		register_setting('acme-gallery', OPTION, array(
			'type' => 'array',
			'sanitize_callback' => array($this, 'clean'),
		));
	}

	public function clean($input)
	{
		$input = is_array($input) ? $input : array();
		return array(
			'columns' => max(1, min(6, (int) ($input['columns'] ?? 3))),
			'captions' => !empty($input['captions']) && $this->keydesk->allows('captions'),
		);
	}

	public function page()
	{
		$settings = self::read();
		$allowed = $this->keydesk->allows('captions');
		?>
		<div class="wrap">
			<h1>Acme Gallery</h1>
			<form method="post" action="options.php">
				<?php settings_fields('acme-gallery'); ?>
				<table class="form-table" role="presentation">
					<tr>
						<th scope="row"><label for="acme-columns"><?php esc_html_e('Columns', 'acme-gallery'); ?></label></th>
						<td><input id="acme-columns" type="number" min="1" max="6" name="<?php echo esc_attr(OPTION); ?>[columns]" value="<?php echo esc_attr((string) $settings['columns']); ?>"></td>
					</tr>
					<tr>
						<th scope="row"><?php esc_html_e('Captions', 'acme-gallery'); ?></th>
						<td>
							<label><input type="checkbox" name="<?php echo esc_attr(OPTION); ?>[captions]" value="1"<?php checked($settings['captions'] && $allowed); ?><?php disabled(!$allowed); ?>> <?php esc_html_e('Show the caption under each picture', 'acme-gallery'); ?></label>
							<?php if (!$allowed) : ?>
								<p class="description"><?php esc_html_e('Captions come with a license.', 'acme-gallery'); ?> <a href="<?php echo esc_url($this->keydesk->screen_url('license')); ?>"><?php esc_html_e('Enter license key', 'acme-gallery'); ?></a></p>
							<?php endif; ?>
						</td>
					</tr>
				</table>
				<?php submit_button(); ?>
			</form>
			<p><code>[acme_gallery ids="1,2,3"]</code></p>
		</div>
		<?php
	}
}
