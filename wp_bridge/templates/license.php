<?php

/**
 * The license: what it is on this site, or the form that brings it here.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$license = $view['license'];
$errors = $view['errors'];
$states = $view['words']->states();
$valid_until = (string) ($license['valid_until'] ?? '');
$seats = is_array($license['seats'] ?? null) ? $license['seats'] : array();
$plan = is_array($license['plan'] ?? null) ? (string) ($license['plan']['name'] ?? '') : '';
$can_enter = in_array($view['state'], array('unlicensed', 'released', 'site_changed', 'site_mismatch'), true);
?>
<?php if ($view['connected'] && !$can_enter) : ?>
	<section>
		<table class="form-table" role="presentation">
			<tr>
				<th scope="row"><?php esc_html_e('License', 'keydesk-bridge'); ?></th>
				<td>
					<strong class="<?php echo esc_attr($view['checked'] ? 'kd-on' : 'kd-off'); ?>"><?php echo esc_html($states[$view['state']] ?? $view['state']); ?></strong>
					<code class="kd-break"><?php echo esc_html((string) ($license['key_hint'] ?? '')); ?></code>
					<?php if ($view['state'] === 'stale') : ?>
						<p class="description"><?php esc_html_e('The license server has not been reached for two weeks. Everything works on. Press “Check again” when the site is online.', 'keydesk-bridge'); ?></p>
					<?php elseif ($view['state'] === 'lapsed') : ?>
						<p class="description"><?php esc_html_e('The license server has not been reached for four weeks. Press “Check again”.', 'keydesk-bridge'); ?></p>
					<?php elseif ($view['state'] === 'expired') : ?>
						<p class="description"><?php esc_html_e('Nothing on your site is deleted or hidden. When you have renewed, press “Check again”.', 'keydesk-bridge'); ?></p>
					<?php elseif ($view['state'] === 'suspended' || $view['state'] === 'revoked') : ?>
						<p class="description"><?php echo esc_html($view['words']->problem('license_' . $view['state'])); ?> <?php echo $html->link(__('Ask us', 'keydesk-bridge'), 'contact'); ?></p>
					<?php endif; ?>
				</td>
			</tr>
			<?php if ($plan !== '') : ?>
				<tr><th scope="row"><?php esc_html_e('Plan', 'keydesk-bridge'); ?></th><td><?php echo esc_html($plan); ?></td></tr>
			<?php endif; ?>
			<tr>
				<th scope="row"><?php esc_html_e('Runs until', 'keydesk-bridge'); ?></th>
				<td>
					<?php if ($valid_until === '') : ?>
						<?php esc_html_e('without end', 'keydesk-bridge'); ?>
					<?php else : ?>
						<?php echo $html->time($valid_until, false); ?>
						<?php if (($license['renews'] ?? false) === true) : ?>
							<p class="description"><?php esc_html_e('It renews by itself on that day.', 'keydesk-bridge'); ?></p>
						<?php endif; ?>
					<?php endif; ?>
				</td>
			</tr>
			<tr>
				<th scope="row"><?php esc_html_e('Sites', 'keydesk-bridge'); ?></th>
				<td>
					<?php if (isset($seats['used'], $seats['limit'])) : ?>
						<?php
						/* translators: 1: number of web sites in use, 2: number allowed */
						echo esc_html(sprintf(__('%1$s of %2$s in use', 'keydesk-bridge'), number_format_i18n((int) $seats['used']), number_format_i18n((int) $seats['limit'])));
						?>
					<?php elseif (isset($seats['used'])) : ?>
						<?php
						/* translators: %s: number of web sites */
						echo esc_html(sprintf(__('%s in use, any number allowed', 'keydesk-bridge'), number_format_i18n((int) $seats['used'])));
						?>
					<?php endif; ?>
					<p class="description kd-break">
						<?php
						/* translators: %s: address of this web site */
						echo esc_html(sprintf(__('This site: %s.', 'keydesk-bridge'), $view['site']));
						?>
						<?php esc_html_e('A staging or test copy takes no place.', 'keydesk-bridge'); ?>
					</p>
				</td>
			</tr>
		</table>
		<div class="kd-foot">
			<?php echo $html->open('refresh'); ?><button class="button"><?php esc_html_e('Check again', 'keydesk-bridge'); ?></button></form>
			<?php echo $html->open('release'); ?><button class="button" aria-describedby="kd-release-note"><?php esc_html_e('Release this site', 'keydesk-bridge'); ?></button></form>
		</div>
		<p class="description" id="kd-release-note"><?php esc_html_e('Releasing frees the place for another site. What you have made stays; premium functions stop here.', 'keydesk-bridge'); ?></p>
	</section>
	<?php if ($view['checks'] !== array()) : ?>
		<section>
			<h2><?php esc_html_e('Last checks', 'keydesk-bridge'); ?></h2>
			<table class="widefat striped">
				<thead><tr><th scope="col"><?php esc_html_e('When', 'keydesk-bridge'); ?></th><th scope="col"><?php esc_html_e('Result', 'keydesk-bridge'); ?></th></tr></thead>
				<tbody>
					<?php foreach ($view['checks'] as $place => $check) : ?>
						<tr>
							<td><?php echo $html->time((int) $check['t']); ?></td>
							<td>
								<?php if ($check['was'] === 'done') : ?>
									<?php if ($place === 0 && $check['word'] === 'active' && $view['good_until'] > 0) : ?>
										<?php
										/* translators: %s: a date */
										echo esc_html(sprintf(__('Active, good without another check until %s', 'keydesk-bridge'), $html->day($view['good_until'])));
										?>
									<?php else : ?>
										<?php echo esc_html($states[$check['word']] ?? $check['word']); ?>
									<?php endif; ?>
								<?php else : ?>
									<?php esc_html_e('The server did not answer; nothing changed on this site', 'keydesk-bridge'); ?>
								<?php endif; ?>
							</td>
						</tr>
					<?php endforeach; ?>
				</tbody>
			</table>
		</section>
	<?php endif; ?>
<?php else : ?>
	<section>
		<h2><?php echo esc_html($states[$view['state'] === 'released' ? 'unlicensed' : $view['state']]); ?></h2>
		<p>
			<?php if ($view['state'] === 'site_changed') : ?>
				<?php esc_html_e('This database came from another address. Activate the license here to go on; nothing was sent in the name of the old address.', 'keydesk-bridge'); ?>
			<?php else : ?>
				<?php esc_html_e('The shortest way is the button in your purchase mail: it brings you back here and asks for one confirmation.', 'keydesk-bridge'); ?>
			<?php endif; ?>
		</p>
		<?php echo $html->open('activate'); ?>
			<div class="kd-field">
				<label for="kd-license_key"><?php esc_html_e('License key', 'keydesk-bridge'); ?></label>
				<div class="kd-line">
					<input id="kd-license_key" name="license_key" class="regular-text code" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="KD1-" maxlength="200" required<?php echo $html->marked('license_key', $errors, 'kd-key-note'); ?>>
					<button class="button button-primary"><?php esc_html_e('Activate', 'keydesk-bridge'); ?></button>
				</div>
				<?php echo $html->error('license_key', $errors); ?>
				<p class="description" id="kd-key-note">
					<?php
					/* translators: %s: host name of the license server */
					echo esc_html(sprintf(__('Pressing Activate sends the key, the addresses of this site and its dashboard, its language and the versions of WordPress, PHP and the plugin to %s, then once a day the same without the key.', 'keydesk-bridge'), $view['server']));
					?>
					<?php echo $html->outside(__('Privacy', 'keydesk-bridge'), $view['privacy']); ?>
				</p>
			</div>
		</form>
		<p class="kd-back"><?php esc_html_e('You came from the page of your purchase mail and had to log in first? Go back to that page and press its button again.', 'keydesk-bridge'); ?></p>
	</section>
	<p><?php esc_html_e('Still stuck?', 'keydesk-bridge'); ?> <?php echo $html->link(__('Ask us', 'keydesk-bridge'), 'contact'); ?></p>
<?php endif; ?>
